/** What can go wrong at an OpenAI-compatible upstream. */
import type { Script, Step } from "../script.ts";
import { badRequest, errorBody, errorScript, type OpenAiError } from "./errors.ts";

const THROTTLED: OpenAiError = {
  status: 429,
  type: "rate_limit_error",
  code: "rate_limit_exceeded",
  message: "Rate limit reached for requests. Please try again later.",
};
const UNAVAILABLE: OpenAiError = {
  status: 503,
  type: "server_error",
  message: "The engine is currently overloaded, please try again later.",
};
const INTERNAL: OpenAiError = {
  status: 500,
  type: "server_error",
  message: "The server had an error while processing your request.",
};

const BY_NAME: readonly (readonly [string, OpenAiError])[] = [
  ["throttle", THROTTLED],
  ["429", THROTTLED],
  ["unavailable", UNAVAILABLE],
  ["503", UNAVAILABLE],
  ["internal", INTERNAL],
  ["500", INTERNAL],
  ["400", badRequest("Invalid value for 'temperature'.", "temperature", "invalid_value")],
  [
    "401",
    {
      status: 401,
      type: "invalid_request_error",
      code: "invalid_api_key",
      message: "Incorrect API key provided: emul****-key.",
    },
  ],
  [
    "402",
    {
      status: 402,
      type: "insufficient_quota",
      code: "insufficient_quota",
      message: "You have no credits left on account acct-emulated.",
    },
  ],
  [
    "403",
    {
      status: 403,
      type: "permission_error",
      message: "Project proj-emulated does not have access to the model.",
    },
  ],
  [
    "404",
    {
      status: 404,
      type: "invalid_request_error",
      code: "model_not_found",
      message: "The model does not exist.",
    },
  ],
  ["413", { status: 413, type: "invalid_request_error", message: "Request too large." }],
  ["422", { status: 422, type: "invalid_request_error", message: "Unprocessable request." }],
  [
    "too-long",
    badRequest(
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce the length of the messages.",
      "messages",
      "context_length_exceeded",
    ),
  ],
];

/** HTTP errors in place of an answer; an argument becomes `Retry-After`. */
export const ERROR_FAULTS: ReadonlyMap<string, (argument: string) => Script> = new Map(
  BY_NAME.map(([name, error]) => [
    name,
    (argument: string) => errorScript(error, argument ? { "retry-after": argument } : {}),
  ]),
);

/** `error-mid`: half of the events, then an error event, then the end; no `[DONE]`. */
export function errorMid(script: Script): Script {
  const writes = script.filter((step) => step.kind === "write").length;
  if (writes < 2) return errorScript(INTERNAL);
  const bytes = Buffer.from(`data: ${JSON.stringify(errorBody(INTERNAL))}\n\n`);
  const failure: Step = { kind: "write", bytes, frame: true };
  let left = Math.ceil(writes / 2);
  const kept = script.filter((step) => {
    if (left === 0) return false;
    if (step.kind === "write") left -= 1;
    return true;
  });
  return [...kept, failure];
}
