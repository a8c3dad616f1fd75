/** Where credentials come from, types only. */
import type { ReadBinding } from "../../../env.ts";
import type { BedrockTarget } from "../../../target.ts";

/** A pair of keys that signs; plain values. */
export interface SigningKeys {
  readonly kind: "sigv4";
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export type Credentials =
  | SigningKeys
  /** A Bedrock API key. */
  | { readonly kind: "bearer"; readonly token: string };

/** What a call is signed with, for messages: never a value. */
export interface ShownKeys {
  readonly kind: Credentials["kind"] | "role";
  /** The settings that hold the keys, or whose role it is. */
  readonly names: string;
  /** The setting for their session token. */
  readonly token: string;
  /** What the key's form tells: a temporary one without its token, a permanent one with a token. */
  readonly misfit?: "no token" | "token";
}

/** For whom credentials are looked for. */
export interface CredentialCaller {
  readonly binding: ReadBinding;
  /** Where the call goes: who has to be asked is asked there. */
  readonly region: string;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
  /** The client's name. */
  readonly client?: string | undefined;
  /** Keeps work alive for which nobody waits. */
  readonly background?: ((work: Promise<unknown>) => void) | undefined;
}

/** One kind of credentials. A new one is a file, and a line in index.ts. */
export interface CredentialSource {
  /** Whether the target's credentials are of this kind. */
  serves(target: BedrockTarget): boolean;
  /** Plain values. Throws RouterError for what is missing, wrong or refused. */
  find(target: BedrockTarget, caller: CredentialCaller): Credentials | Promise<Credentials>;
  /** AWS says that these have expired: forgets them. False where `find` would only give them again. */
  drop?(target: BedrockTarget, caller: CredentialCaller, expired: Credentials): boolean;
}
