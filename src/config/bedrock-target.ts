/** The keys of a model on Amazon Bedrock. No API key and no binding of one is read here. */
import type { AwsCredentialSettings, BedrockTarget } from "../target.ts";
import {
  type AwsDefaults,
  MODEL_ROLE,
  MODEL_ROLE_KEYS,
  MODEL_TAGS,
  readRole,
  roleOf,
  type WrittenRole,
} from "./aws-role.ts";
import { type BaseTarget, readTask } from "./base-target.ts";
import { type BaseUrl, readBaseUrl } from "./base-url.ts";
import { type Expand, unsetHint } from "./expand.ts";
import { type Field, oneOf, secret, text, textOrNumber } from "./fields.ts";
import { key, listKey, MODEL, namesOf } from "./keys.ts";
import { NEAREST, REGION } from "./reference.ts";
import { show } from "./report.ts";
import { readSecret, type Secret } from "./secrets.ts";
import type { Section } from "./section.ts";

/** Bedrock's limit for `modelId`. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html */
export const MAX_MODEL_ID_CHARS = 2048;
const MODEL_EXAMPLE = "global.anthropic.claude-sonnet-5-5";
/** `${NAME}` expands. */
export const region: Field<string> = { ...text, wanted: "a region such as us-east-1", reference: "expanded" };

/** One region or several, in order. */
export const REGIONS = listKey("aws_region", region);

export const CREDENTIALS = {
  accessKeyId: key("aws_access_key_id", secret),
  secretAccessKey: key("aws_secret_access_key", secret),
  sessionToken: key("aws_session_token", secret),
  bearerToken: key("aws_bearer_token", secret),
};

export const BEDROCK = {
  family: key("family", text),
  api: key("api", oneOf("invoke", "converse", "chat", "responses", "messages", "native")),
  endpoint: key("endpoint", oneOf("runtime", "mantle")),
  performance: key("performance", oneOf("standard", "optimized")),
  serviceTier: key("service_tier", oneOf("priority", "default", "flex", "reserved")),
  cache: key("cache", oneOf("auto", "off")),
};

/** The mapping `guardrail`. */
export const GUARDRAIL = {
  id: key("id", text),
  version: key("version", textOrNumber),
  trace: key("trace", oneOf("enabled", "disabled", "enabled_full"), "disabled"),
};

/** All keys that only Bedrock models have. */
export const BEDROCK_KEYS = [
  REGIONS.name,
  ...namesOf(CREDENTIALS),
  ...MODEL_ROLE_KEYS,
  ...namesOf(BEDROCK),
  "guardrail",
];

/** Where the references of a model on Bedrock lead, and what stands in for what it does not say. */
export interface BedrockSources {
  readonly expand: Expand;
  /** What a model on Bedrock does by its id, or else by `family`; undefined for one that holds conversations. */
  readonly bedrockTask: (model: string, family: string | undefined) => BedrockTarget["task"];
  readonly aws: AwsDefaults;
}

/** Reads the connection alone; after a problem the target is only good for finding more of them. */
export function readBedrockConnection(
  at: Section,
  base: BaseTarget,
  url: BaseUrl,
  { expand, aws }: BedrockSources,
): BedrockTarget {
  const own = readRegions(at, REGIONS, expand);
  const written = own.length > 0 ? own : aws.regions;
  const regions = written.filter((region) => region !== NEAREST);
  const role = roleOf({}, false, aws);
  return {
    kind: "bedrock",
    ...base,
    regions,
    ...(regions.length < written.length && { nearest: true }),
    credentials: {},
    ...(role && { role }),
    ...(url.kind === "set" && { baseUrl: url.url }),
  };
}

/** Reads a model of `llms` with its own keys. */
export function readBedrockTarget(at: Section, base: BaseTarget, sources: BedrockSources): BedrockTarget {
  const { expand, bedrockTask } = sources;
  const guardrail = readGuardrail(at);
  const { api: written, ...own } = at.all(BEDROCK);
  const api = written === "native" ? "invoke" : written;
  if (written === "native") at.warn(BEDROCK.api.name, "native is called invoke now; it goes on working");
  const { task } = readTask(at, bedrockTask(base.model, own.family));
  if (task !== undefined) warnOfChat(at, task);
  const { role: _, ...connection } = readBedrockConnection(
    at,
    base,
    readBaseUrl(at, expand, "endpoint"),
    sources,
  );
  const credentials = readCredentials(at, expand);
  const role = readModelRole(at, credentials, sources);
  return {
    ...connection,
    credentials,
    ...(role && { role }),
    ...own,
    ...(api !== undefined && { api }),
    ...(task !== undefined && { task }),
    ...(guardrail !== undefined && { guardrail }),
  };
}

/** Reads `model`, which a Bedrock model must have: its name says nothing to AWS. Empty after a problem. */
export function readModelId(at: Section): string {
  const id = at.get(MODEL);
  if (id === undefined) {
    if (at.isMissing("model")) {
      at.problem("model", `missing; a Bedrock model needs an explicit model id, e.g. ${MODEL_EXAMPLE}`);
    }
    return "";
  }
  const wrong = modelIdProblem(id);
  if (wrong === undefined) return id;
  at.problem("model", `the model id ${wrong}; wanted a Bedrock model id, e.g. ${MODEL_EXAMPLE}`);
  return "";
}

function modelIdProblem(id: string): string | undefined {
  // These would change the path of the request.
  if (id === "." || id === "..") return `${show(id)} is not valid`;
  if (/[\s\p{Cc}]/u.test(id)) return "holds white space or control characters";
  if (id.length > MAX_MODEL_ID_CHARS) return `is longer than ${MAX_MODEL_ID_CHARS} characters`;
  return undefined;
}

/** What a model that holds no conversations has no use for. */
function warnOfChat(at: Section, task: string): void {
  for (const name of ["guardrail", "api", "endpoint", "performance", "service_tier", "cache", "max_tokens"]) {
    if (at.has(name)) at.warn(name, `has no effect here: a model of kind ${task} is called without it`);
  }
}

/** The regions as written, in order; empty when none is set, and then the bindings' default region counts. */
export function readRegions(at: Section, { name, field }: typeof REGIONS, expand: Expand): string[] {
  const regions: string[] = [];
  for (const written of at.list(name, field) ?? []) {
    const { value, names } = expand(written, "region");
    const found = names.length > 0 ? value : written;
    if (found === "") continue;
    if (REGION.test(found)) {
      regions.push(found);
      continue;
    }
    const shown = names.length > 0 ? `the value of the binding ${names.join(", ")}` : show(written);
    at.problem(
      name,
      `${shown} is not a region; wanted one such as us-east-1 or eu-central-1, or nearest beside some`,
    );
  }
  if (regions.length > 0 && regions.every((region) => region === NEAREST)) {
    at.warn(
      name,
      "has no effect here: nearest is of the regions beside it, as in [nearest, eu-central-1, us-east-1]",
    );
  }
  return regions;
}

function readCredentials(at: Section, expand: Expand): AwsCredentialSettings {
  const id = readSecret(at, CREDENTIALS.accessKeyId, expand, "credential");
  const secretKey = readSecret(at, CREDENTIALS.secretAccessKey, expand, "credential");
  const sessionToken = readSecret(at, CREDENTIALS.sessionToken, expand, "key").value;
  const bearerToken = readSecret(at, CREDENTIALS.bearerToken, expand, "credential").value;
  if (id.value !== undefined) checkPartner(at, CREDENTIALS.secretAccessKey.name, secretKey);
  if (secretKey.value !== undefined) checkPartner(at, CREDENTIALS.accessKeyId.name, id);
  if (sessionToken !== undefined && id.value === undefined && secretKey.value === undefined) {
    at.problem(
      CREDENTIALS.sessionToken.name,
      "stands alone; wanted aws_access_key_id and aws_secret_access_key beside it",
    );
  }
  return {
    ...(id.value !== undefined && { accessKeyId: id.value }),
    ...(secretKey.value !== undefined && { secretAccessKey: secretKey.value }),
    ...(sessionToken !== undefined && { sessionToken }),
    ...(bearerToken !== undefined && { bearerToken }),
  };
}

function readModelRole(
  at: Section,
  credentials: AwsCredentialSettings,
  { expand, aws }: BedrockSources,
): BedrockTarget["role"] {
  const written = readRole(at, MODEL_ROLE, MODEL_TAGS, expand);
  const role = roleOf(written, Object.keys(credentials).length > 0, aws);
  if (credentials.bearerToken !== undefined && written.arn !== undefined) {
    at.problem(
      MODEL_ROLE.arn.name,
      `stands beside ${CREDENTIALS.bearerToken.name}; wanted one of them: a Bedrock API key assumes no role`,
    );
  }
  warnOfRole(at, written, role);
  return role;
}

function warnOfRole(at: Section, written: WrittenRole, role: BedrockTarget["role"]): void {
  if (role === undefined && Object.keys(written).length > 0) {
    for (const name of MODEL_ROLE_KEYS) {
      if (!at.isMissing(name)) at.warn(name, "has no effect here: the model assumes no role");
    }
  }
}

/** The credentials of a model are one set: what is missing is not taken from the bindings. */
function checkPartner(at: Section, key: string, partner: Secret): void {
  if (!at.isMissing(key) && partner.unset.length === 0) return;
  at.problem(
    key,
    `missing${unsetHint(partner.unset)}; wanted both aws_access_key_id and aws_secret_access_key, or neither`,
  );
}

function readGuardrail(at: Section): BedrockTarget["guardrail"] {
  const section = at.section("guardrail");
  if (!at.isMapping("guardrail")) return undefined;
  const { id, version, trace } = section.all(GUARDRAIL);
  for (const { name } of [GUARDRAIL.id, GUARDRAIL.version]) {
    if (section.isMissing(name)) section.problem(name, "missing; a guardrail needs both id and version");
  }
  return id === undefined || version === undefined ? undefined : { id, version, trace };
}
