/** Reads what went wrong: from an HTTP answer that is not a success, and from exception frames inside a stream. */
import { headerString, type Message } from "../../eventstream/index.ts";
import { asObject, asText, type JsonObject, parseObject } from "../../lib/json.ts";
import { readLimited } from "../limited.ts";
import { retryAfterSeconds } from "../retry-after.ts";
import type { BedrockFailure } from "./exceptions.ts";

/** An error body is a sentence; more is not worth reading. */
const MAX_ERROR_BYTES = 65_536;

const decoder = new TextDecoder();

/** HTTP statuses of the exceptions that a response stream can carry: Bedrock Runtime's service model. */
const STREAM_STATUS: ReadonlyMap<string, number> = new Map([
  ["InternalServerException", 500],
  ["ModelStreamErrorException", 424],
  ["ValidationException", 400],
  ["ThrottlingException", 429],
  ["ModelTimeoutException", 408],
  ["ServiceUnavailableException", 503],
]);

/** Reads the body (at most 64 KiB) and names the failure. */
export async function httpFailure(response: Response): Promise<BedrockFailure> {
  const body = bodyOf(await readLimited(response, MAX_ERROR_BYTES));
  const retryAfter = retryAfterSeconds(response.headers);
  const own = response.headers.get("x-amzn-errortype") || textOf(body, "__type") || textOf(body, "code");
  const open = asObject(body.error);
  return {
    name: own ? plainName(own) : open === undefined ? "" : openName(open),
    status: response.status,
    ...bodyDetails(open ?? body),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

/** What OpenAI's and Anthropic's words for a failure are in Bedrock's. Where the status says it all, there is none. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["invalid_api_key", "UnrecognizedClientException"],
  ["authentication_error", "UnrecognizedClientException"],
  ["permission_error", "AccessDeniedException"],
  ["model_not_found", "ResourceNotFoundException"],
  ["not_found_error", "ResourceNotFoundException"],
  ["rate_limit_error", "ThrottlingException"],
  ["rate_limit_exceeded", "ThrottlingException"],
  ["overloaded_error", "ServiceUnavailableException"],
  ["timeout_error", "ModelTimeoutException"],
]);

/** Statuses of failures that are told in an answer whose own status was 200. */
const EMBEDDED_STATUS: ReadonlyMap<string, number> = new Map([
  ["UnrecognizedClientException", 401],
  ["AccessDeniedException", 403],
  ["ResourceNotFoundException", 404],
  ["ThrottlingException", 429],
  ["ServiceUnavailableException", 503],
  ["ModelTimeoutException", 408],
]);

/**
 * The failure that an answer of OpenAI's or Anthropic's APIs tells of.
 * @param error Its member `error`, or the text of the object that has it.
 */
export function embeddedFailure(error: unknown): BedrockFailure {
  const value = typeof error === "string" ? (parseObject(error)?.error ?? error) : error;
  const members = asObject(value) ?? { message: value };
  const name = openName(members);
  const refused = /^(?:invalid_request_error|invalid_prompt|context_length_exceeded)$/;
  const status = refused.test(asText(members.type) || asText(members.code)) ? 400 : 500;
  return { name, status: EMBEDDED_STATUS.get(name) ?? status, message: asText(members.message) };
}

function openName({ type, code }: JsonObject): string {
  return NAMES.get(asText(code)) ?? NAMES.get(asText(type)) ?? "";
}

/** The failure that a message reports, or undefined for an ordinary event. */
export function messageFailure(message: Message): BedrockFailure | undefined {
  switch (headerString(message, ":message-type")) {
    case "exception": {
      const name = capitalised(plainName(headerString(message, ":exception-type") ?? ""));
      const details = bodyDetails(bodyOf(decoder.decode(message.payload)));
      return { name, status: STREAM_STATUS.get(name) ?? 500, ...details };
    }
    case "error": {
      const name = capitalised(plainName(headerString(message, ":error-code") ?? ""));
      const text = headerString(message, ":error-message") ?? "";
      return { name, status: STREAM_STATUS.get(name) ?? 500, message: text };
    }
    default:
      return undefined;
  }
}

/** ModelErrorException and ModelStreamErrorException also tell what the model behind Bedrock answered. */
function bodyDetails(body: JsonObject): Pick<BedrockFailure, "message" | "originalStatus"> {
  const message = textOf(body, "message") ?? textOf(body, "Message") ?? "";
  const modelsOwn = textOf(body, "originalMessage") ?? "";
  const original = body.originalStatusCode;
  return {
    message: message.includes(modelsOwn) ? message : `${message} ${modelsOwn}`.trim(),
    ...(typeof original === "number" && { originalStatus: original }),
  };
}

/** `ValidationException:http://internal...` and `com.amazon#ValidationException` as `ValidationException`. */
function plainName(name: string): string {
  return (name.split(":")[0] ?? "").split("#").at(-1)?.trim() ?? "";
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Gateways in between answer with HTML or nothing; the status says enough then. */
function bodyOf(text: string): JsonObject {
  return parseObject(text) ?? {};
}

function textOf(body: JsonObject, key: string): string | undefined {
  return asText(Object.hasOwn(body, key) ? body[key] : undefined) || undefined;
}
