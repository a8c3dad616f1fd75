/** The keys of a model on Amazon Bedrock. No API key and no binding of one is read here. */
import type { AwsCredentialSettings, BedrockTarget, ReadBinding } from "../contracts.ts";
import type { BaseTarget } from "./base-target.ts";
import { type BaseUrl, readBaseUrl } from "./base-url.ts";
import { expand, unsetHint } from "./expand.ts";
import { type Field, oneOf, text, textOrNumber } from "./fields.ts";
import { show } from "./report.ts";
import { readSecret, type Secret } from "./secrets.ts";
import type { Section } from "./section.ts";

/** All keys that only Bedrock models have. */
export const BEDROCK_KEYS = [
  "aws_region",
  "aws_access_key_id",
  "aws_secret_access_key",
  "aws_session_token",
  "aws_bearer_token",
  "family",
  "api",
  "guardrail",
  "performance",
  "service_tier",
  "cache",
] as const;

/** Bedrock's limit for `modelId`. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html */
const MAX_MODEL_ID_CHARS = 2048;
const MODEL_EXAMPLE = "global.anthropic.claude-sonnet-4-5-20250929-v1:0";
const REGION = /^[a-z]{2,}(-[a-z]+)+-\d+$/;
const region: Field<string> = { ...text, wanted: "a region such as us-east-1" };
const api = oneOf("native", "converse");
const performance = oneOf("standard", "optimized");
const serviceTier = oneOf("priority", "default", "flex", "reserved");
const cache = oneOf("auto", "off");
const trace = oneOf("enabled", "disabled", "enabled_full");

/** Reads the connection alone; after a problem the target is only good for finding more of them. */
export function readBedrockConnection(
  at: Section,
  base: BaseTarget,
  written: BaseUrl,
  binding: ReadBinding,
): BedrockTarget {
  return {
    kind: "bedrock",
    ...base,
    regions: readRegions(at, binding),
    credentials: {},
    ...(written.kind === "set" && { baseUrl: written.url }),
  };
}

/** Reads a model of `llms` with its own keys. */
export function readBedrockTarget(at: Section, base: BaseTarget, binding: ReadBinding): BedrockTarget {
  const values = {
    family: at.text("family", text),
    api: at.read("api", api),
    guardrail: readGuardrail(at),
    performance: at.read("performance", performance),
    serviceTier: at.read("service_tier", serviceTier),
    cache: at.read("cache", cache),
  };
  return {
    ...readBedrockConnection(at, base, readBaseUrl(at, binding), binding),
    credentials: readCredentials(at, binding),
    ...(values.family !== undefined && { family: values.family }),
    ...(values.api !== undefined && { api: values.api }),
    ...(values.guardrail !== undefined && { guardrail: values.guardrail }),
    ...(values.performance !== undefined && { performance: values.performance }),
    ...(values.serviceTier !== undefined && { serviceTier: values.serviceTier }),
    ...(values.cache !== undefined && { cache: values.cache }),
  };
}

/** Reads `model`, which a Bedrock model must have: its name says nothing to AWS. Empty after a problem. */
export function readModelId(at: Section): string {
  const id = at.text("model", text);
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

/** The regions as written, in order; empty when none is set, and then the bindings' default region counts. */
function readRegions(at: Section, binding: ReadBinding): string[] {
  const regions: string[] = [];
  for (const written of at.list("aws_region", region) ?? []) {
    const { value, names } = expand(written, binding);
    const found = names.length > 0 ? value : written;
    if (found === "") continue;
    if (REGION.test(found)) {
      regions.push(found);
      continue;
    }
    const shown = names.length > 0 ? `the value of the binding ${names.join(", ")}` : show(written);
    at.problem("aws_region", `${shown} is not a region; wanted one such as us-east-1 or eu-central-1`);
  }
  return regions;
}

function readCredentials(at: Section, binding: ReadBinding): AwsCredentialSettings {
  const id = readSecret(at, "aws_access_key_id", binding);
  const secret = readSecret(at, "aws_secret_access_key", binding);
  const sessionToken = readSecret(at, "aws_session_token", binding).value;
  const bearerToken = readSecret(at, "aws_bearer_token", binding).value;
  if (id.value !== undefined) checkPartner(at, "aws_secret_access_key", secret);
  if (secret.value !== undefined) checkPartner(at, "aws_access_key_id", id);
  if (sessionToken !== undefined && id.value === undefined && secret.value === undefined) {
    at.problem(
      "aws_session_token",
      "stands alone; wanted aws_access_key_id and aws_secret_access_key beside it",
    );
  }
  return {
    ...(id.value !== undefined && { accessKeyId: id.value }),
    ...(secret.value !== undefined && { secretAccessKey: secret.value }),
    ...(sessionToken !== undefined && { sessionToken }),
    ...(bearerToken !== undefined && { bearerToken }),
  };
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
  const id = section.text("id", text);
  const version = section.text("version", textOrNumber);
  const traced = section.read("trace", trace) ?? "disabled";
  for (const key of ["id", "version"]) {
    if (section.isMissing(key)) section.problem(key, "missing; a guardrail needs both id and version");
  }
  return id === undefined || version === undefined ? undefined : { id, version, trace: traced };
}
