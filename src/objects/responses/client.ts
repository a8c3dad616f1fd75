/** The stored responses of one client: another key's are simply unknown, since its name is part of the objects' names. */
import type { Env } from "../../env.ts";
import { isNamespace, missingBinding } from "../namespace.ts";
import type { BackgroundRun } from "./run.ts";
import type { KeptResponse, Missing } from "./store.ts";

/** What a {@link ResponseChain} does for the Worker. */
export interface ChainObject {
  /** What was said until a response, and the number for one that follows it, where `reserve` asks for one. */
  begin(
    previous: number,
    most: number,
    reserve: boolean,
  ): Promise<
    { readonly number: number; readonly history: string } | { readonly missing: Missing | "full" | "running" }
  >;
  /** @returns false where the chain is full */
  keep(response: KeptResponse): Promise<boolean>;
  response(number: number): Promise<string | undefined>;
  input(number: number, most: number): Promise<{ readonly items: string } | { readonly missing: Missing }>;
  item(number: number, index: number): Promise<string | undefined>;
  remove(number: number): Promise<boolean>;
  /** Starts a run in the background. @returns JSON text of the response object as it stands; undefined where the chain is full */
  start(run: BackgroundRun): Promise<string | undefined>;
  /** @returns JSON text of the response object; undefined for a number that is not kept */
  cancel(number: number): Promise<string | undefined>;
  /**
   * Takes one of the client's places for runs in the background, until a moment.
   * @returns undefined, or who has them where none is free
   */
  acquire(id: string, until: number): Promise<readonly string[] | undefined>;
  release(id: string): Promise<void>;
  /** The events of a run: what came after a number, and the live rest. */
  fetch(url: string): Promise<Response>;
}

export interface StoredResponses {
  /** The object that keeps a chain. */
  chain(chain: string): Promise<ChainObject>;
  /** The object that counts what runs in the background. */
  places(): Promise<ChainObject>;
}

const encoder = new TextEncoder();

/** @param client The key's name. */
export function storedResponses(env: Env, client: string): StoredResponses {
  const named = async (...names: readonly string[]): Promise<ChainObject> => {
    const bytes = encoder.encode(JSON.stringify(["responses", client, ...names]));
    const name = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    const namespace = env.RESPONSES;
    if (isNamespace<ChainObject>(namespace)) return namespace.get(namespace.idFromName(name));
    throw missingBinding('Stored responses need a Durable Object; send "store": false to do without.', {
      ...{ binding: "RESPONSES", className: "ResponseChain", tag: "v3" },
    });
  };
  return { chain: (chain) => named(chain), places: () => named() };
}

/** Whether answers can be kept here at all. */
export function canStore(env: Env): boolean {
  return isNamespace(env.RESPONSES);
}
