/** Errors as an OpenAI-compatible service words them. */
import { json, type Script } from "../script.ts";

export interface OpenAiError {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
}

/** The body of an error, also for errors inside a stream. */
export function errorBody({ message, type, param, code }: OpenAiError): object {
  return { error: { message, type, param: param ?? null, code: code ?? null } };
}

/** The HTTP answer for `error`. */
export function errorScript(error: OpenAiError, headers: Readonly<Record<string, string>> = {}): Script {
  return json(error.status, errorBody(error), headers);
}

/** A 400 about the request itself. */
export function badRequest(message: string, param?: string, code?: string): OpenAiError {
  return {
    status: 400,
    type: "invalid_request_error",
    message,
    ...(param && { param }),
    ...(code && { code }),
  };
}
