/**
 * What Bedrock's control plane tells about models and profiles, as far as it is used here.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html, API_ListInferenceProfiles.html
 */
import { AwsClient } from "aws4fetch";
import type { ReadBinding } from "../../src/env.ts";
import { runtimeHost } from "../../src/providers/bedrock/endpoint.ts";
import { asObject, asText, isObject, type JsonObject } from "../../src/lib/json.ts";

export interface FoundationModel {
  readonly id: string;
  /** `ON_DEMAND`, `INFERENCE_PROFILE`, `PROVISIONED`. */
  readonly inferenceTypes: readonly string[];
  readonly legacy: boolean;
}

export interface InferenceProfile {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly type: "SYSTEM_DEFINED" | "APPLICATION";
  /** The models behind it, one in each region that it reaches. */
  readonly models: readonly string[];
}

export interface Offer {
  readonly models: readonly FoundationModel[];
  readonly profiles: readonly InferenceProfile[];
}

/** A page has a thousand entries; more pages than this would be a server that never ends. */
const MAX_PAGES = 20;

type Ask = (path: string) => Promise<JsonObject>;

/** @throws Error that says what to do: credentials that are missing, or an answer of AWS that is no success. */
export async function controlPlane(region: string, binding: ReadBinding): Promise<Offer> {
  const ask = asker(region, binding);
  const models = objects((await ask("/foundation-models?byOutputModality=TEXT")).modelSummaries).map(asModel);
  const profiles: InferenceProfile[] = [];
  for (const type of ["SYSTEM_DEFINED", "APPLICATION"] as const) {
    let token: string | undefined;
    for (let page = 0; page === 0 || (token !== undefined && page < MAX_PAGES); page++) {
      const next = token === undefined ? "" : `&nextToken=${encodeURIComponent(token)}`;
      const answer = await ask(`/inference-profiles?maxResults=1000&type=${type}${next}`);
      profiles.push(...objects(answer.inferenceProfileSummaries).filter(isActive).map(asProfile));
      token = asText(answer.nextToken) || undefined;
    }
  }
  return { models, profiles };
}

function asker(region: string, binding: ReadBinding): Ask {
  const base =
    binding("AWS_ENDPOINT_URL_BEDROCK") ?? runtimeHost(region).replace("bedrock-runtime", "bedrock");
  const fetchSigned = signer(region, binding);
  return async (path) => {
    const response = await fetchSigned(`${base.replace(/\/+$/, "")}${path}`).catch((cause: unknown) => {
      throw new Error(`${base} cannot be reached: check the region and the network.`, { cause });
    });
    const text = await response.text();
    if (!response.ok) throw new Error(refusal(response.status, text, path));
    return asObject(JSON.parse(text)) ?? {};
  };
}

function signer(region: string, binding: ReadBinding): (url: string) => Promise<Response> {
  const token = binding("AWS_BEARER_TOKEN_BEDROCK");
  if (token !== undefined) return (url) => fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const accessKeyId = binding("AWS_ACCESS_KEY_ID");
  const secretAccessKey = binding("AWS_SECRET_ACCESS_KEY");
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new Error(
      "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (for temporary ones also AWS_SESSION_TOKEN), or AWS_BEARER_TOKEN_BEDROCK, in the environment or in .dev.vars.",
    );
  }
  const sessionToken = binding("AWS_SESSION_TOKEN");
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
    service: "bedrock",
    region,
    retries: 2,
  });
  return (url) => client.fetch(url);
}

function refusal(status: number, text: string, path: string): string {
  const action = path.startsWith("/foundation") ? "ListFoundationModels" : "ListInferenceProfiles";
  const advice =
    status === 403
      ? `Check the credentials, and allow them bedrock:${action}.`
      : "Try again, or check the region.";
  return `Bedrock answered ${action} with HTTP ${status}. ${advice} It says: ${text.slice(0, 300)}`;
}

function asModel(summary: JsonObject): FoundationModel {
  return {
    id: asText(summary.modelId),
    inferenceTypes: Array.isArray(summary.inferenceTypesSupported)
      ? summary.inferenceTypesSupported.map(asText)
      : [],
    legacy: asText(asObject(summary.modelLifecycle)?.status) === "LEGACY",
  };
}

function asProfile(summary: JsonObject): InferenceProfile {
  return {
    id: asText(summary.inferenceProfileId),
    arn: asText(summary.inferenceProfileArn),
    name: asText(summary.inferenceProfileName),
    type: summary.type === "APPLICATION" ? "APPLICATION" : "SYSTEM_DEFINED",
    models: objects(summary.models).map(({ modelArn }) => asText(modelArn).split("/").at(-1) ?? ""),
  };
}

function isActive({ status }: JsonObject): boolean {
  return status === "ACTIVE";
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
