/** Reads what went wrong: from an HTTP answer that is not a success, and from exception frames inside a stream. */
import { headerString, type Message } from "../../eventstream/index.ts";
import { readLimited } from "../limited.ts";
import { retryAfterSeconds } from "../retry-after.ts";
import type { BedrockFailure } from "./exceptions.ts";

/** An error body is a sentence; more is not worth reading. */
const MAX_ERROR_BYTES = 65_536;

const decoder = new TextDecoder();

/** HTTP statuses of the exceptions that a response stream can carry: Bedrock Runtime's service model. */
const STREAM_STATUS: Readonly<Record<string, number>> = {
  internalServerException: 500,
  modelStreamErrorException: 424,
  validationException: 400,
  throttlingException: 429,
  modelTimeoutException: 408,
  serviceUnavailableException: 503,
};

/** Reads the body (at most 64 KiB) and names the failure. */
export async function httpFailure(response: Response): Promise<BedrockFailure> {
  const body = parseObject(await readLimited(response, MAX_ERROR_BYTES));
  const retryAfter = retryAfterSeconds(response.headers);
  return {
    name: plainName(
      response.headers.get("x-amzn-errortype") ?? textOf(body, "__type") ?? textOf(body, "code") ?? "",
    ),
    status: response.status,
    message: textOf(body, "message") ?? textOf(body, "Message") ?? "",
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

/** The failure that a message reports, or undefined for an ordinary event. */
export function messageFailure(message: Message): BedrockFailure | undefined {
  const type = headerString(message, ":message-type");
  if (type === "exception") {
    const name = headerString(message, ":exception-type") ?? "";
    const body = parseObject(decoder.decode(message.payload));
    const text = textOf(body, "message") ?? textOf(body, "Message") ?? textOf(body, "originalMessage") ?? "";
    const status = Object.hasOwn(STREAM_STATUS, name) ? STREAM_STATUS[name] : undefined;
    return { name: capitalised(plainName(name)), status: status ?? 500, message: text };
  }
  if (type === "error") {
    return {
      name: plainName(headerString(message, ":error-code") ?? ""),
      status: 500,
      message: headerString(message, ":error-message") ?? "",
    };
  }
  return undefined;
}

/** `ValidationException:http://internal...` and `com.amazon#ValidationException` as `ValidationException`. */
function plainName(name: string): string {
  return (name.split(":")[0] ?? "").split("#").at(-1)?.trim() ?? "";
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    // Gateways in between answer with HTML or nothing; the status says enough then.
    return {};
  }
}

function textOf(body: object, key: string): string | undefined {
  const value: unknown = Object.entries(body).find(([name]) => name === key)?.[1];
  return typeof value === "string" && value !== "" ? value : undefined;
}
