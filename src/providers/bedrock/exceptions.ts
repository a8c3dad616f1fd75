/**
 * Bedrock's failures → the router's error codes, in one table for HTTP answers and for exception frames inside a stream.
 * Names and statuses: Bedrock Runtime's API reference; texts that share a name are told apart by fragments, since AWS
 * words them differently per model and over time.
 */
import { RouterError, type RouterErrorOptions } from "../../errors.ts";
import { publicText, withoutSecrets } from "./redact.ts";
import { type BedrockFailure, type CallPlace, RULES } from "./rules.ts";

export { publicText } from "./redact.ts";
export type { BedrockFailure, CallPlace } from "./rules.ts";

/** Texts are matched up to here: what counts stands in front, and a pattern must not run over a whole page. */
const MATCHED_CHARS = 2000;

/** The router's error for a failure of Bedrock: the first rule whose every condition holds decides. */
export function bedrockError(failure: BedrockFailure, place: CallPlace): RouterError {
  const text = failure.message.slice(0, MATCHED_CHARS);
  const rule = RULES.find(
    (r) =>
      (r.name === undefined || r.name.test(failure.name)) &&
      (r.text === undefined || r.text.test(text)) &&
      (r.when === undefined || r.when(failure)),
  );
  const options: RouterErrorOptions = {
    ...(failure.retryAfter !== undefined && { retryAfter: failure.retryAfter }),
    ...(rule?.param !== undefined && { param: rule.param }),
    cause: withoutSecrets(`${failure.name || "error"} (HTTP ${failure.status}): ${failure.message}`),
  };
  if (rule) return new RouterError(rule.code, rule.say(place, publicText(failure.message)), options);
  return new RouterError(
    "upstream_error",
    `Bedrock failed to answer for '${place.name}' in ${place.region} (HTTP ${failure.status}). Try again; if it persists, see https://health.aws.amazon.com`,
    options,
  );
}
