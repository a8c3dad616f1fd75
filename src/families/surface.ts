/** Which of Bedrock's APIs carries a target's model, on which of its endpoints: by the configuration, else by the table. */
import type { BedrockTarget } from "../target.ts";
import { RouterError } from "../errors.ts";
import { MODEL_ID_ADVICE } from "./models/example-ids.ts";
import { knownModel, plainModelId } from "./models/index.ts";
import type { Endpoint, ModelRow, Surface } from "./models/row.ts";

/** An API of others' that Bedrock serves beside its own two. */
export type OpenSurface = Exclude<Surface, "invoke" | "converse">;

export interface OpenServed {
  readonly surface: OpenSurface;
  readonly endpoint: Endpoint;
}

export type Served = OpenServed | { readonly surface: "invoke" | "converse"; readonly endpoint: "runtime" };

/** Whether an API of others' carries the model, which no family of this router's has to write for. */
export function isOpen(served: Served): served is OpenServed {
  return served.surface !== "invoke" && served.surface !== "converse";
}

/** @throws RouterError `config_invalid` where model, `api` and `endpoint` do not go together. */
export function surfaceOf(target: BedrockTarget): Served {
  const { api, endpoint, family, model } = target;
  const known = knownModel(model);
  const row = family === undefined ? known : undefined;
  const surface = api ?? (endpoint === "mantle" ? mantleSurface(row) : (row?.surface ?? "invoke"));
  if (surface === "invoke" || surface === "converse") {
    if (endpoint === "mantle") throw misplaced(target, `endpoint: mantle has no api: ${surface}`);
    return { surface, endpoint: "runtime" };
  }
  const at = endpoint ?? known?.endpoint ?? "runtime";
  if (at === "runtime" && api === undefined && row?.endpoint === "mantle") {
    throw misplaced(target, `no Bedrock Runtime serves ${plainModelId(model)}, only the endpoint mantle`);
  }
  const wrong = idProblem(target, at);
  if (wrong !== undefined) throw misplaced(target, wrong);
  return { surface, endpoint: at };
}

/** Where mantle serves a model that is called elsewhere by default. */
function mantleSurface(row: ModelRow | undefined): OpenSurface {
  if (row === undefined) return "chat";
  const { surface, family, id } = row;
  if (surface !== "invoke" && surface !== "converse") return surface;
  if (family === "anthropic") return "messages";
  return id.startsWith("openai.") && !id.startsWith("openai.gpt-oss-") ? "responses" : "chat";
}

/** These APIs name the model in the body, where not every form of its id is taken. */
function idProblem({ model }: BedrockTarget, endpoint: Endpoint): string | undefined {
  if (/:application-inference-profile\//.test(model)) {
    return "an application inference profile is only called by api: invoke and api: converse";
  }
  const plain = plainModelId(model);
  if (endpoint === "runtime" || plain === model.trim().toLowerCase()) return undefined;
  return `the endpoint mantle has no inference profiles and no ARNs, so it wants a plain id${plain === undefined ? "" : `: ${plain}`}`;
}

function misplaced({ name }: BedrockTarget, why: string): RouterError {
  return new RouterError(
    "config_invalid",
    `llms.${name}: ${why}. Correct "model:", "api:" or "endpoint:" there. ${MODEL_ID_ADVICE}`,
  );
}
