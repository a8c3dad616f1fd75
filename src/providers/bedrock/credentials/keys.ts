/** Keys as they are written at a model or bound to the Worker. One set is taken whole; sets are never mixed. */
import type { ReadBinding } from "../../../env.ts";
import type { AwsCredentialSettings, BedrockTarget } from "../../../target.ts";
import { RouterError } from "../../../errors.ts";
import { endNote, keyEnd, watchKey } from "./short-term-key.ts";
import type { Credentials, CredentialSource, ShownKeys, SigningKeys } from "./source.ts";

type Part = keyof AwsCredentialSettings;
type Values = Readonly<Record<Part, string | undefined>>;
/** How messages name the parts. */
type Names = Readonly<Record<Part, string>>;

const BINDINGS: Names = {
  accessKeyId: "AWS_ACCESS_KEY_ID",
  secretAccessKey: "AWS_SECRET_ACCESS_KEY",
  sessionToken: "AWS_SESSION_TOKEN",
  bearerToken: "AWS_BEARER_TOKEN_BEDROCK",
};
const KEYS: Names = {
  accessKeyId: "aws_access_key_id",
  secretAccessKey: "aws_secret_access_key",
  sessionToken: "aws_session_token",
  bearerToken: "aws_bearer_token",
};
const HOW_TO_SET = [
  "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, each with `npx wrangler secret put AWS_ACCESS_KEY_ID` and so on, locally in .dev.vars.",
  "Temporary ones need their AWS_SESSION_TOKEN too; a router that runs on better assumes an IAM role (docs/aws-roles.md).",
  "Or set a Bedrock API key, alone, as AWS_BEARER_TOKEN_BEDROCK.",
].join(" ");

/**
 * The model's own credentials, else the bindings'; in either a Bedrock API key wins over SigV4, as in AWS's SDKs. A model
 * with any credential of its own takes none from the bindings, and then none of theirs is read.
 * @throws RouterError `aws_credentials_missing`, or `aws_credentials_rejected` for one that cannot be a credential.
 */
export function keysOf(target: BedrockTarget, binding: ReadBinding): Credentials {
  const own = ownParts(target);
  if (own) return choose(own, KEYS) ?? incomplete(own, target.name);
  const bound = readParts((part) => binding(BINDINGS[part]));
  return choose(bound, BINDINGS) ?? missing(bound, target.name);
}

/** The source of what is written down: it serves every target. */
export const keys: CredentialSource = {
  serves: () => true,
  find(target, { binding }) {
    const found = keysOf(target, binding);
    if (found.kind === "bearer") watchKey(found.token, bearerName(target), Date.now());
    return found;
  },
};

/** What a target's calls are signed with, as messages name it. */
export function shownKeys(target: BedrockTarget, binding: ReadBinding): ShownKeys {
  const own = ownParts(target);
  const parts = own ?? readParts((part) => binding(BINDINGS[part]));
  const named = (part: Part) => (own ? `llms.${target.name}.${KEYS[part]}` : BINDINGS[part]);
  const token = named("sessionToken");
  if (target.role) return { kind: "role", names: `the role of '${target.name}'`, token };
  if (parts.bearerToken !== undefined) return { kind: "bearer", names: named("bearerToken"), token };
  const names = `${named("accessKeyId")} and ${named("secretAccessKey")}`;
  return { kind: "sigv4", names, token, ...misfitOf(parts) };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
function misfitOf({ accessKeyId = "", sessionToken }: Values): Pick<ShownKeys, "misfit"> {
  if (accessKeyId.startsWith("ASIA") && sessionToken === undefined) return { misfit: "no token" };
  return accessKeyId.startsWith("AKIA") && sessionToken !== undefined ? { misfit: "token" } : {};
}

/** Where a target's Bedrock API key stands. */
function bearerName(target: BedrockTarget): string {
  return hasOwnKeys(target) ? `llms.${target.name}.${KEYS.bearerToken}` : BINDINGS.bearerToken;
}

/** A sentence on each short-term Bedrock API key in use. */
export function keyNotes(targets: readonly BedrockTarget[], binding: ReadBinding, now: number): string[] {
  const notes = new Set<string>();
  for (const target of targets) {
    const token = (ownParts(target) ?? readParts((part) => binding(BINDINGS[part]))).bearerToken;
    const endsAt = token === undefined || target.role ? undefined : keyEnd(token);
    if (endsAt !== undefined) notes.add(endNote(bearerName(target), endsAt, now));
  }
  return [...notes];
}

/** Keys that assume a role, and how messages name them. */
export interface AssumingKeys {
  readonly keys: SigningKeys;
  readonly names: string;
}

/**
 * The keys that assume the target's role: its own, else the bindings'. A Bedrock API key of the bindings assumes none. Undefined
 * where there are no keys.
 * @throws RouterError `aws_credentials_missing` for half a pair, `aws_credentials_rejected` for one that cannot be a credential.
 */
export function assumingKeys(target: BedrockTarget, binding: ReadBinding): AssumingKeys | undefined {
  const own = ownParts(target);
  const parts = own ?? readParts((part) => binding(BINDINGS[part]));
  const names = own ? KEYS : BINDINGS;
  const keys = pair(parts, names);
  if (keys) return { keys, names: `${names.accessKeyId} and ${names.secretAccessKey}` };
  if (own) return incomplete(own, target.name);
  return missingHalf(parts, names) === undefined ? undefined : missing(parts, target.name);
}

/** Whether a model has credentials of its own. */
export function hasOwnKeys(target: BedrockTarget): boolean {
  return ownParts(target) !== undefined;
}

function ownParts({ credentials }: BedrockTarget): Values | undefined {
  const own = readParts((part) => credentials[part]);
  return Object.values(own).some((value) => value !== undefined) ? own : undefined;
}

function readParts(read: (part: Part) => string | undefined): Values {
  const value = (part: Part) => read(part)?.trim() || undefined;
  return {
    accessKeyId: value("accessKeyId"),
    secretAccessKey: value("secretAccessKey"),
    sessionToken: value("sessionToken"),
    bearerToken: value("bearerToken"),
  };
}

function choose(values: Values, names: Names): Credentials | undefined {
  const { bearerToken } = values;
  if (bearerToken === undefined) return pair(values, names);
  check(names.bearerToken, bearerToken);
  return { kind: "bearer", token: bearerToken };
}

function pair({ accessKeyId, secretAccessKey, sessionToken }: Values, names: Names): SigningKeys | undefined {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  check(names.accessKeyId, accessKeyId);
  check(names.secretAccessKey, secretAccessKey);
  if (sessionToken !== undefined) check(names.sessionToken, sessionToken);
  return { kind: "sigv4", accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

/** A header with such a value would fail inside the runtime, whose error quotes the value. */
function check(name: string, value: string): void {
  if (/^[\x21-\x7e]+$/.test(value)) return;
  throw new RouterError(
    "aws_credentials_rejected",
    `${name} holds white space or characters that no AWS credential has: it was probably wrapped or cut when it was pasted. Set it again, on one line, with \`npx wrangler secret put NAME\` or locally in .dev.vars.`,
  );
}

function missing(bound: Values, name: string): never {
  const half = missingHalf(bound, BINDINGS);
  throw new RouterError(
    "aws_credentials_missing",
    half !== undefined
      ? `The AWS credentials for the Bedrock model '${name}' are incomplete: ${half}. ${HOW_TO_SET}`
      : `No AWS credentials for the Bedrock model '${name}'. ${HOW_TO_SET}`,
  );
}

function incomplete(own: Values, name: string): never {
  const half =
    missingHalf(own, KEYS) ??
    "aws_session_token is set, but aws_access_key_id and aws_secret_access_key are not";
  throw new RouterError(
    "aws_credentials_missing",
    `The AWS credentials of the Bedrock model '${name}' itself are incomplete: ${half}. Add what is missing to the model, or remove its credentials to use the Worker's; the two sets are never mixed. ${HOW_TO_SET}`,
  );
}

function missingHalf({ accessKeyId, secretAccessKey }: Values, names: Names): string | undefined {
  if ((accessKeyId === undefined) === (secretAccessKey === undefined)) return undefined;
  return accessKeyId === undefined
    ? `${names.accessKeyId} is missing, ${names.secretAccessKey} is set`
    : `${names.secretAccessKey} is missing, ${names.accessKeyId} is set`;
}
