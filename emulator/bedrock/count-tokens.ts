/** CountTokens: what a request would count as, free of charge. Only models that can be called without a profile have it. */
import { anthropic } from "../families/anthropic/index.ts";
import { resolveModel } from "../families/anthropic/models.ts";
import { promptTokens } from "../families/anthropic/usage.ts";
import { asObject, asString, type JsonObject } from "../json.ts";
import { json, type Script } from "../script.ts";
import { parseJson } from "../wire.ts";
import { invalid, malformed, serviceHeaders } from "./errors.ts";

/** @throws the BedrockError of a refusal */
export function countTokens(body: JsonObject, modelId: string): Script {
  const input = asObject(body.input);
  const [kind] = Object.keys(input);
  if (Object.keys(input).length !== 1 || (kind !== "invokeModel" && kind !== "converse")) {
    throw malformed(["#/input: exactly one of [invokeModel, converse] is expected"]);
  }
  if (!anthropic.matches(modelId, {}) || /^(?:us|eu|apac|jp|au|ca|global|us-gov)\./.test(modelId)) {
    throw invalid("The provided model doesn't support counting tokens.");
  }
  if (!resolveModel(modelId).onDemand) throw invalid("The provided model doesn't support counting tokens.");
  if (kind === "converse") return counted(asObject(input.converse));
  const bytes = Buffer.from(asString(asObject(input.invokeModel).body), "base64");
  const inner = asObject(parseJson(bytes));
  anthropic.validate(inner, modelId);
  return counted(inner);
}

function counted(body: JsonObject): Script {
  return json(200, { inputTokens: promptTokens(body) }, serviceHeaders());
}
