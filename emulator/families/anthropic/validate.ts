/** Everything for which Bedrock or Claude refuses a request, in the order in which they look. */
import { invalid, malformed } from "../../bedrock/errors.ts";
import { violations } from "../../bedrock/schema.ts";
import type { JsonObject } from "../../json.ts";
import { checkBetas } from "./betas.ts";
import { blocksOf, turnsOf } from "./blocks.ts";
import { checkMedia } from "./media.ts";
import { checkTurns } from "./messages.ts";
import type { ClaudeModel } from "./models.ts";
import {
  checkCaching,
  checkLimits,
  checkMetadata,
  checkSampling,
  checkThinking,
  checkTools,
} from "./settings.ts";
import { requestShape } from "./shapes.ts";
import { checkSignatures } from "./signature.ts";
import { checkStructured } from "./structured.ts";
import { promptTokens } from "./usage.ts";

/** Throws the BedrockError with which `model` would refuse `body`. */
export function validateClaude(body: JsonObject, model: ClaudeModel): void {
  const found = violations(body, requestShape(model));
  if (found.length > 0) throw malformed(found);
  const turns = turnsOf(body);
  checkBetas(body, turns);
  checkLimits(body, model);
  checkMetadata(body);
  checkSampling(body, model);
  checkThinking(body, turns, model);
  checkTools(body, turns, model);
  checkTurns(turns, model);
  if (blocksOf(body.system).some((block) => block.text === "") && body.system !== "") {
    throw invalid("system: text content blocks must be non-empty");
  }
  checkSignatures(body, turns, model);
  checkMedia(turns);
  checkCaching(body, turns, model);
  checkStructured(body);
  if (promptTokens(body) > model.context) throw invalid("Input is too long for requested model.");
}
