/**
 * Bedrock's control plane as far as it tells what an account may use.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html, API_ListInferenceProfiles.html
 */
import type { JsonObject } from "../json.ts";
import { json, type Script } from "../script.ts";
import type { EmulatorState } from "../state.ts";
import type { WireRequest } from "../wire.ts";
import { authenticate } from "./auth.ts";
import { BedrockError, errorScript, invalid, serviceHeaders } from "./errors.ts";

const ACCOUNT = "111122223333";
const MAX_RESULTS = 1000;

interface Offered {
  readonly id: string;
  readonly provider: string;
  readonly output: "TEXT" | "EMBEDDING";
  readonly types: readonly string[];
  readonly status: "ACTIVE" | "LEGACY";
}

const model = (id: string, provider: string, more: Partial<Offered> = {}): Offered => {
  return { id, provider, output: "TEXT", types: ["INFERENCE_PROFILE"], status: "ACTIVE", ...more };
};
const ON_DEMAND = { types: ["ON_DEMAND"] };

/** What the emulated account may use. */
const MODELS: readonly Offered[] = [
  model("anthropic.claude-sonnet-5-5", "Anthropic"),
  model("anthropic.claude-haiku-4-5-20251001-v1:0", "Anthropic"),
  model("amazon.nova-pro-v1:0", "Amazon", { types: ["ON_DEMAND", "INFERENCE_PROFILE"] }),
  model("amazon.titan-embed-text-v2:0", "Amazon", { output: "EMBEDDING", ...ON_DEMAND }),
  model("meta.llama3-3-70b-instruct-v1:0", "Meta", { status: "LEGACY" }),
  model("mistral.mistral-large-3-675b-instruct", "Mistral AI", ON_DEMAND),
  model("openai.gpt-oss-120b-1:0", "OpenAI", ON_DEMAND),
  model("acme.oracle-1-v1:0", "Acme", ON_DEMAND),
  model("amazon.nova-premier-v1:0", "Amazon", { types: ["PROVISIONED"] }),
];
const PROFILED: readonly string[] = [
  "anthropic.claude-sonnet-5-5",
  "anthropic.claude-haiku-4-5-20251001-v1:0",
  "amazon.nova-pro-v1:0",
  "meta.llama3-3-70b-instruct-v1:0",
];
const APPLICATIONS: readonly (readonly [name: string, id: string, status: string])[] = [
  ["team-a claude", "anthropic.claude-sonnet-5-5", "ACTIVE"],
  ["team-b-mistral", "mistral.mistral-large-3-675b-instruct", "ACTIVE"],
];

/** The answer to `GET /foundation-models` and `GET /inference-profiles`. */
export async function answerControlPlane(request: WireRequest, state: EmulatorState): Promise<Script> {
  try {
    await authenticate(request, state);
    const query = new URLSearchParams(request.query);
    const region = request.record.region ?? "us-east-1";
    const body =
      request.route === "/foundation-models" ? foundationModels(query, region) : profiles(query, region);
    return json(200, body, serviceHeaders());
  } catch (thrown) {
    if (thrown instanceof BedrockError) return errorScript(thrown);
    throw thrown;
  }
}

function foundationModels(query: URLSearchParams, region: string): JsonObject {
  const output = query.get("byOutputModality");
  if (output !== null && !["TEXT", "IMAGE", "EMBEDDING"].includes(output)) {
    throw invalid(
      `1 validation error detected: Value '${output}' at 'byOutputModality' failed to satisfy constraint`,
    );
  }
  const type = query.get("byInferenceType");
  const wanted = MODELS.filter((one) => output === null || one.output === output).filter(
    ({ types }) => type === null || types.includes(type),
  );
  return {
    modelSummaries: wanted.map(({ id, provider, output: modality, types, status }) => ({
      modelArn: `arn:aws:bedrock:${region}::foundation-model/${id}`,
      modelId: id,
      modelName: id,
      providerName: provider,
      inputModalities: ["TEXT"],
      outputModalities: [modality],
      responseStreamingSupported: modality === "TEXT",
      customizationsSupported: [],
      inferenceTypesSupported: types,
      modelLifecycle: { status },
    })),
  };
}

/** A page at a time: `nextToken` is opaque, here the place of the first entry that is still to come. */
function profiles(query: URLSearchParams, region: string): JsonObject {
  const most = Number(query.get("maxResults") ?? MAX_RESULTS);
  if (!Number.isInteger(most) || most < 1 || most > MAX_RESULTS)
    throw invalid("1 validation error detected: maxResults");
  const type = query.get("type") ?? "SYSTEM_DEFINED";
  const all = type === "APPLICATION" ? APPLICATIONS.map((one) => application(one, region)) : system(region);
  const start = Number(query.get("nextToken") ?? 0);
  // Two a page, so that whoever asks has to ask again.
  const end = start + Math.min(most, 2);
  return {
    inferenceProfileSummaries: all.slice(start, end),
    ...(end < all.length && { nextToken: String(end) }),
  };
}

function system(region: string): JsonObject[] {
  const near = region.startsWith("eu-") ? "eu" : region.startsWith("us-") ? "us" : "apac";
  return PROFILED.flatMap((id) =>
    [near, ...(id.startsWith("anthropic.") ? ["global"] : [])].map((prefix) => ({
      inferenceProfileName: `${prefix} ${id}`,
      inferenceProfileId: `${prefix}.${id}`,
      inferenceProfileArn: `arn:aws:bedrock:${region}:${ACCOUNT}:inference-profile/${prefix}.${id}`,
      models: [{ modelArn: `arn:aws:bedrock:${region}::foundation-model/${id}` }],
      status: "ACTIVE",
      type: "SYSTEM_DEFINED",
    })),
  );
}

function application([name, id, status]: (typeof APPLICATIONS)[number], region: string): JsonObject {
  return {
    inferenceProfileName: name,
    inferenceProfileId: `${name.length}abc`,
    inferenceProfileArn: `arn:aws:bedrock:${region}:${ACCOUNT}:application-inference-profile/${name.length}abc`,
    models: [{ modelArn: `arn:aws:bedrock:${region}::foundation-model/${id}` }],
    status,
    type: "APPLICATION",
  };
}
