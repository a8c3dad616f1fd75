/** What a path's model id or ARN says, and Bedrock's refusals of ids. */
import { invalid } from "../bedrock/errors.ts";

const ARN = /^arn:aws[\w-]*:bedrock:[\w-]*:\d*:([\w-]+)\/(.+)$/;
const NAMED_RESOURCES: ReadonlySet<string | undefined> = new Set(["foundation-model", "inference-profile"]);
const PROFILE = /^(?:us-gov|us|eu|apac|jp|au|ca|global)\.(?=[a-z0-9]+\.)/;

export interface ModelName {
  /** Without a profile's prefix. */
  readonly id: string;
  readonly profile: boolean;
}

/** The model that an id or ARN names; undefined for an ARN that hides it. */
export function modelName(modelId: string): ModelName | undefined {
  const arn = ARN.exec(modelId);
  if (arn !== null && !NAMED_RESOURCES.has(arn[1])) return undefined;
  const name = arn?.[2] ?? modelId;
  const id = name.replace(PROFILE, "");
  return { id, profile: id !== name };
}

/** The refusal of an id that no model has. */
export function unknownModel(): Error {
  return invalid("The provided model identifier is invalid.");
}

/** Throws where a model that only inference profiles reach is called by its own id. */
export function checkProfile({ id, profile }: ModelName, profileOnly: boolean): void {
  if (profile || !profileOnly) return;
  throw invalid(
    `Invocation of model ID ${id} with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
  );
}
