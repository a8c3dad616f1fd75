/** What the router on this machine has for bindings. */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseEnv } from "node:util";
import type { Emulator } from "../../emulator/index.ts";
import { hasOwnKeys } from "../../src/providers/bedrock/credentials/keys.ts";
import type { Target } from "../../src/target.ts";

/** What the router reads from its bindings by fixed names, and the providers' keys. */
const NAMES = /^(AWS|ROUTER)_|_API_KEY$/;
/** Without a byte that a shell or a URL would take for its own. */
const LOCAL_KEY = /^sk-local-[0-9a-f]{24}$/;

/** Variables by their names. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The environment and .dev.vars, which wins: it is about this project. */
export function variables(environment: Variables): Variables {
  const devVars = existsSync(".dev.vars") ? parseEnv(readFileSync(".dev.vars", "utf8")) : {};
  return { ...environment, ...devVars };
}

/** The router's own settings and the providers' keys among them. */
export function knownBindings(all: Variables): Map<string, string> {
  const known = new Map<string, string>();
  for (const [name, value] of Object.entries(all)) {
    if (value && NAMES.test(name)) known.set(name, value);
  }
  return known;
}

/** Whether Bedrock itself lets somebody in: with the bindings, or by a model that has credentials of its own. */
export function hasAws(known: ReadonlyMap<string, string>, targets: readonly Target[] = []): boolean {
  return (
    targets.some((target) => target.kind === "bedrock" && hasOwnKeys(target)) ||
    known.has("AWS_BEARER_TOKEN_BEDROCK") ||
    known.has("AWS_OIDC_PRIVATE_KEY") ||
    (known.has("AWS_ACCESS_KEY_ID") && known.has("AWS_SECRET_ACCESS_KEY"))
  );
}

/** The bindings with which the emulator stands for Bedrock. */
export function emulatorBindings(emulator: Emulator): Record<string, string> {
  const { url, stsUrl, credentials, openaiUrl, openaiKey } = emulator;
  return {
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
    AWS_ENDPOINT_URL_BEDROCK_MANTLE: `${url}/mantle`,
    AWS_ENDPOINT_URL_STS: stsUrl,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: "",
    // The emulated account trusts no provider that it cannot reach.
    AWS_OIDC_PRIVATE_KEY: "",
    // The playground says who answers.
    ROUTER_EMULATOR: url,
    // For configurations that name an OpenAI-compatible upstream beside Bedrock.
    EMULATOR_OPENAI_URL: openaiUrl,
    EMULATOR_OPENAI_API_KEY: openaiKey,
  };
}

/** The client key of this machine's router: made once and kept, so that clients need not be set up anew. */
export function localKey(file: string): string {
  if (existsSync(file)) {
    const kept = readFileSync(file, "utf8").trim();
    if (LOCAL_KEY.test(kept)) return kept;
  }
  const key = `sk-local-${randomBytes(12).toString("hex")}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return key;
}
