/**
 * OpenAI's APIs as Bedrock serves them, on the runtime and on mantle: the caller signs, and the model is one of Bedrock's. What they
 * refuse is told in OpenAI's shape.
 */
import { authenticate } from "../bedrock/auth.ts";
import { BedrockError } from "../bedrock/errors.ts";
import { asString, type JsonObject } from "../json.ts";
import type { EmulatorState } from "../state.ts";
import type { WireRequest } from "../wire.ts";
import { badRequest, type OpenAiError } from "./errors.ts";

export type OpenAiHost = "runtime" | "mantle";

interface Surface {
  /** Of the id without a profile's prefix. */
  readonly id: RegExp;
  readonly hosts: readonly OpenAiHost[];
  /** On the runtime only inference profiles reach it. */
  readonly profileOnly: boolean;
  /** Takes temperature, top_p and stop. */
  readonly sampling: boolean;
  readonly responses: boolean;
}

const PROFILE = /^(?:us-gov|us|eu|apac|jp|au|ca|in|global)\.(?=[a-z0-9]+\.)/;

const CLOSED = { profileOnly: true, sampling: false, responses: true } as const;
const OPEN = { profileOnly: false, sampling: true, responses: true } as const;
const SURFACES: readonly Surface[] = [
  { ...OPEN, id: /^openai\.gpt-oss-/, hosts: ["runtime", "mantle"] },
  { ...CLOSED, id: /^openai\.gpt-5\.[45]$/, hosts: ["mantle"] },
  { ...CLOSED, id: /^openai\.gpt-(?:5\.6|6)/, hosts: ["runtime", "mantle"] },
  { ...CLOSED, id: /^xai\.grok-4\.3/, hosts: ["mantle"] },
  { ...CLOSED, id: /^xai\.grok-4\.[67]/, hosts: ["runtime", "mantle"] },
  { ...OPEN, id: /^google\.gemma-4-/, hosts: ["mantle"], responses: false },
  {
    ...OPEN,
    id: /^(?:moonshotai\.kimi|zai\.glm|qwen\.|deepseek\.|minimax\.|mistral\.)/,
    hosts: ["runtime", "mantle"],
    responses: false,
  },
];

/** Who calls, and with what: undefined where all is well. Notes the model in the record. */
export async function refuseCaller(
  request: WireRequest,
  host: OpenAiHost,
  state: EmulatorState,
): Promise<OpenAiError | undefined> {
  try {
    await authenticate(request, state, host === "mantle" ? "bedrock-mantle" : "bedrock");
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof BedrockError)) throw thrown;
    const status = thrown.type === "AccessDeniedException" ? 403 : 401;
    return { status, type: "invalid_request_error", message: thrown.message, code: "invalid_api_key" };
  }
}

/** What the surface says against a request before its model sees it; undefined where nothing. */
export function refuseBody(body: JsonObject, route: string, host: OpenAiHost): OpenAiError | undefined {
  const model = asString(body.model);
  const id = model.replace(PROFILE, "");
  const surface = SURFACES.find((known) => known.id.test(id));
  if (!surface?.hosts.includes(host) || (host === "mantle" && id !== model)) {
    return {
      ...badRequest(
        `The model '${model}' does not exist or you do not have access to it.`,
        "model",
        "model_not_found",
      ),
      status: 404,
    };
  }
  if (host === "runtime" && surface.profileOnly && id === model) {
    return badRequest(
      `Invocation of model ID ${model} with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
      "model",
    );
  }
  if (route === "/responses" && !surface.responses) {
    return badRequest(`The model '${model}' does not support the Responses API.`, "model");
  }
  const refused = surface.sampling
    ? undefined
    : ["temperature", "top_p", "stop"].find((name) => name in body);
  if (refused === undefined) return undefined;
  return badRequest(
    `This model doesn't support the ${refused} field. Remove ${refused} and try again.`,
    refused,
  );
}
