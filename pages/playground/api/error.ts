/** What can go wrong between the page and a model beside what all pages meet, and what to do about any of it. */
import { ApiError } from "../../lib/api.ts";

/** The answer ended before its end. */
export function connectionLost(): ApiError {
  return new ApiError({
    code: "connection_lost",
    message: "The connection broke off in the middle of the answer.",
  });
}

/** What was thrown, as it is told: else the page itself has failed. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ApiError({ code: "playground_failed", message: `The page failed: ${message}` });
}

const ADVICE: readonly (readonly [RegExp, (error: ApiError) => string])[] = [
  [/^invalid_api_key$/, () => "Enter one of the router’s client keys."],
  [
    /^rate_limit_exceeded$|^too_many_/,
    ({ retryAfter }) =>
      `Wait ${retryAfter === undefined ? "a little" : `${retryAfter} s`}, then retry, or choose another model.`,
  ],
  [/^context_length_exceeded$/, () => "Start a new chat, or choose a model that takes more."],
  [/^request_too_large$/, () => "Send less. Over WebSocket a message may have 1 MiB; SSE takes more."],
  [
    /^unsupported_parameter$/,
    ({ param }) => `Unset ${param ?? "the parameter"} under Parameters, or choose another model.`,
  ],
  [/^unsupported_content$/, () => "Choose a model that takes such files, or send text alone."],
  [/^unreachable$/, () => "Check that the router runs and that you are online, then retry."],
  [/^upstream_invalid_request$/, () => ""],
  [
    /^upstream_credentials_rejected$/,
    () => "This needs another provider key in the router’s configuration or secrets.",
  ],
  [
    /^connection_lost$|^turn_interrupted$|^upstream_|^server_error$/,
    () => "Retry. If it happens again, choose another model.",
  ],
  [
    /^(aws|bedrock)_|^config_|^client_keys_|^no_models$|_missing$/,
    () => "This needs a change of the router’s configuration, or of its secrets.",
  ],
  [/^internal_error$/, () => "Retry, and look for the request id in the router’s log."],
];

/** One sentence on what the person in front of the page can do; empty where the message says it all. */
export function adviceFor(error: ApiError): string {
  return ADVICE.find(([code]) => code.test(error.code))?.[1](error) ?? "";
}
