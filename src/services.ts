/** What the platform gives a request, put together in one place; the configuration is read once per isolate. */
import bundled from "./further/config.txt";
import { type KeyLimits, limitsOf } from "./chat/key-limits.ts";
import { writtenConfig } from "./config/bindings.ts";
import { configError } from "./config/error.ts";
import { readPacked, unpack } from "./config/packed.ts";
import type { Config } from "./config/types.ts";
import type { Settling } from "./observers/index.ts";
import type { Observer } from "./observers/observer.ts";
import type { ReadBinding } from "./env.ts";
import type { Coordinates, ReasoningMemory, WorkersAi } from "./contracts.ts";
import type { FurtherModules, TicketCounter } from "./routing/strategies/strategy.ts";
import { bindings, type Env } from "./env.ts";
import { asRouterError, RouterError } from "./errors.ts";
import { clientNote } from "./http/client-keys.ts";
import type { Client, FindMade } from "./http/auth.ts";
import { healthStore } from "./objects/health/client.ts";
import { keyAccount, keyNotes } from "./objects/key/client.ts";
import type { Recording } from "./objects/key/queue.ts";
import { type MadeRef, madeClient, makesKeys, stillMade } from "./objects/key/made.ts";
import { reasoningMemory } from "./objects/reasoning/client.ts";
import { ticketCounter } from "./objects/round-robin/client.ts";
import { sessionStore } from "./objects/sticky/client.ts";
import { OBSERVERS } from "./observers/index.ts";
import {
  bedrockTask,
  credentialNotes,
  type IdentityProvider,
  identityProvider,
  targetNote,
  targetProblem,
} from "./providers/index.ts";
import type { Account, Beside } from "./routing/account.ts";
import { type Allowance, allowanceOf, checkUsable } from "./routing/allowance.ts";
import { usesHealth } from "./routing/health/index.ts";
import type { HealthStore } from "./routing/health/report.ts";
import type { SessionStore } from "./routing/session/seat.ts";

/** What a request is answered with, through whichever door it came. */
export interface Services {
  readonly config: Config;
  readonly binding: ReadBinding;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** The client's name. */
  readonly client: string;
  /** The client's name for the conversation, where the door has one. */
  readonly session: string | undefined;
  /** Where the client is, as far as that is known. */
  readonly near: Coordinates | undefined;
  /** What all isolates know of places; undefined where wrangler.toml does not bind it, or nothing goes by it. */
  readonly health: HealthStore | undefined;
  /** Where sessions have moved to; undefined where wrangler.toml does not bind it. */
  readonly sessions: SessionStore | undefined;
  /** The host under which the router was called, without its port. */
  readonly ownHost: string;
  /** Counts for strategy round_robin; undefined where wrangler.toml does not bind it. */
  readonly counter: TicketCounter | undefined;
  /** What lies beside the Worker. */
  readonly further: FurtherModules;
  /** Undefined where wrangler.toml does not bind Workers AI. */
  readonly ai: WorkersAi | undefined;
  /** What was kept of the client's tool turns; undefined where wrangler.toml does not bind it. */
  readonly reasoning: ReasoningMemory | undefined;
  readonly observers: readonly Observer[];
  /** Keeps work alive for which no request waits. */
  readonly background: (work: Promise<unknown>) => void;
  /** Which models the key may use; undefined: all. */
  readonly allowance: Allowance | undefined;
  /** Counts for a key with limits, and one exchange; undefined where nothing is counted. */
  readonly account: Account | undefined;
  /** Learns what the exchange costs beside its answer. */
  readonly beside: Beside;
  /** Learns how the exchange has ended. */
  readonly settling: Settling;
}

/** Who asks, and under which host. */
export interface ServedCaller {
  readonly client: string;
  readonly host: string;
  /** Their name for the conversation, where it is not in the request. */
  readonly session?: string;
  /** The client's `traceparent`, where it is one. */
  readonly trace?: string;
  /** Where it is, as far as that is known. */
  readonly near?: Coordinates;
  /** Of a key that was made at run time: its own limits, and how it is found again. */
  readonly limits?: KeyLimits;
  readonly made?: MadeRef;
  /** How long the exchange of a key with limits may take, in milliseconds; `router.deadline` unless given. */
  readonly deadlineMs?: number;
}

/** Beside the Worker, from where they are imported when a strategy needs them. */
export const FURTHER: FurtherModules = {
  judges: async () => (await import("./further/judges.mjs")).judges,
  vectors: async () => (await import("./further/vectors.bin")).default,
};

/**
 * For one exchange.
 * @param waitUntil Keeps the isolate alive for what is written after the answer.
 * @throws RouterError `config_invalid`, listing every problem; `invalid_api_key` for a key that may not be used any more.
 */
export function servicesOf(
  env: Env,
  caller: ServedCaller,
  waitUntil: (work: Promise<unknown>) => void,
): Services {
  const config = configOf(env);
  const { client, deadlineMs = config.router.deadlineMs } = caller;
  const limits = limitsOf(config.keys, client, caller.limits);
  checkUsable(limits, Date.now());
  const recording = recordingOf(config, client, limits, waitUntil);
  const accounting = { ...recording, limits, deadlineMs, unavailable: config.serve.limitsUnavailable };
  const account = keyAccount(env, accounting, config.keys.router);
  const settling = account ?? keyNotes(env, recording);
  return {
    config,
    binding: bindings(env),
    now: Date.now,
    random: Math.random,
    client,
    session: caller.session,
    near: caller.near,
    health: usesHealth(config) ? healthStore(env) : undefined,
    sessions: config.router.sticky === "session" ? sessionStore(env) : undefined,
    ownHost: caller.host,
    counter: ticketCounter(env),
    further: FURTHER,
    ai: isWorkersAi(env.AI) ? env.AI : undefined,
    reasoning: reasoningMemory(env, client, waitUntil),
    observers: OBSERVERS,
    background: waitUntil,
    allowance: allowanceOf(limits),
    account,
    beside: settling.spent,
    settling,
  };
}

/** How the exchanges of a key are told to its ledger. */
function recordingOf(
  { serve, keys }: Config,
  client: string,
  limits: readonly KeyLimits[],
  waitUntil: Recording["waitUntil"],
): Recording {
  const { ledger, ledgerDays, ledgerSessions, webhook } = serve;
  const tags = limits.flatMap((each) => (each === keys.router ? [] : (each.tags ?? [])));
  const settings = { key: client, tags, ledger, days: ledgerDays, ...(webhook !== undefined && { webhook }) };
  return { settings, sessions: ledgerSessions, waitUntil };
}

function isWorkersAi(value: unknown): value is WorkersAi {
  return typeof value === "object" && value !== null && "run" in value && typeof value.run === "function";
}

/**
 * What AWS reads to check the router's own tokens; undefined where it is no identity provider.
 * @throws RouterError `config_invalid`
 */
export function identityOf(env: Env): Promise<IdentityProvider | undefined> {
  return identityProvider(configOf(env).oidcIssuer, bindings(env));
}

/**
 * What whoever runs the router should know at this moment: beside what the configuration sets without effect, of its credentials.
 * @throws RouterError `config_invalid`
 */
export async function warningsOf(env: Env): Promise<readonly string[]> {
  const { warnings, targets, oidcIssuer } = configOf(env);
  return [...warnings, ...(await credentialNotes(targets, oidcIssuer, bindings(env), Date.now()))];
}

type Loaded =
  | { readonly kind: "ok"; readonly config: Config }
  | { readonly kind: "invalid"; readonly error: RouterError };

/** Bindings do not change while their object lives, so neither does what was made of them. */
const loaded = new WeakMap<Env, Loaded>();

/**
 * The validated configuration. Call {@link prepareConfig} before, once for a request or an object.
 * @throws RouterError `config_invalid`, listing every problem.
 */
export function configOf(env: Env): Config {
  const known = loaded.get(env);
  if (known === undefined) throw new Error("the configuration has not been prepared");
  if (known.kind === "invalid") throw known.error;
  return known.config;
}

/** Reads the configuration; undefined where nothing has to wait for it. */
export function prepareConfig(env: Env): Promise<void> | undefined {
  if (loaded.has(env)) return undefined;
  const binding = bindings(env);
  const { text, problems } = writtenConfig(binding);
  if (text !== undefined) return checkWhole(env, { text, problems, tried: false });
  try {
    const packed = readPacked(bundled);
    const config = problems.length > 0 ? undefined : unpack(packed, binding, clientNote(binding));
    if (config === undefined) return checkWhole(env, { text: packed.document, problems, tried: true });
    keep(env, { kind: "ok", config });
  } catch (thrown) {
    keep(env, { kind: "invalid", error: asRouterError(thrown) });
  }
  return undefined;
}

interface Unchecked {
  readonly text: string;
  /** What is wrong with the variables. */
  readonly problems: readonly string[];
  /** Whether the build has tried the patterns of its rules. */
  readonly tried: boolean;
}

/** Checks a configuration from its first line to its last, for which an isolate loads the reader, a module beside the Worker. */
async function checkWhole(env: Env, { text, problems, tried }: Unchecked): Promise<void> {
  const { checkConfig, expandWith, patternProblem, readJson } = await import("./further/reader.mjs");
  const json = readJson(text);
  const yaml = json ? undefined : await import("./further/yaml.mjs");
  // Requests that waited together check it once.
  if (loaded.has(env)) return;
  const document = json ?? yaml?.readYaml(text) ?? { root: undefined, problems: [] };
  const binding = bindings(env);
  const checks = {
    ...{ bedrockTask, target: targetProblem, note: targetNote, client: clientNote(binding) },
    ...(!tried && { pattern: patternProblem }),
  };
  const all = { ...document, problems: [...problems, ...document.problems] };
  const checked = checkConfig(all, expandWith(binding), checks);
  keep(
    env,
    checked.kind === "valid"
      ? { kind: "ok", config: checked.config }
      : { kind: "invalid", error: configError(checked.problems) },
  );
}

function keep(env: Env, result: Loaded): void {
  loaded.set(env, result);
  if (result.kind === "invalid") return;
  for (const warning of result.config.warnings) console.warn(`configuration: ${warning}`);
}

/** Reads limits that a client of the admin API wrote, with the reader of the configuration. */
export async function limitsReader(): Promise<typeof import("./config/client-limits.ts").readLimits> {
  return (await import("./further/reader.mjs")).readLimits;
}

/**
 * Which models a key may use, for what asks none of them.
 * @throws RouterError `config_invalid`
 */
export function allowanceFor(env: Env, client: Client): Allowance | undefined {
  return allowanceOf(limitsOf(configOf(env).keys, client.name, client.limits));
}

/** Finds keys that were made at run time; undefined where none can be. */
export function madeFinder(env: Env): FindMade {
  return makesKeys(env) ? (key) => madeClient(env, key) : undefined;
}

/**
 * A caller as it stands now: the limits of its key may have changed since it came.
 * @throws RouterError `invalid_api_key` for a key that was revoked.
 */
export async function callerNow<T extends ServedCaller>(env: Env, caller: T): Promise<T> {
  if (caller.made === undefined) return caller;
  const client = await stillMade(env, caller.made);
  if (client) return { ...caller, limits: client.limits };
  throw new RouterError(
    "invalid_api_key",
    "The API key was revoked. Ask whoever runs the router for another.",
  );
}
