/** Reads what went wrong: from an HTTP answer that is not a success, and from exception frames inside a stream. */
import { headerString, type Message } from "../../eventstream/index.ts";
import { asText, type JsonObject, parseObject } from "../../lib/json.ts";
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
  return {
    name: plainName(
      response.headers.get("x-amzn-errortype") || textOf(body, "__type") || textOf(body, "code") || "",
    ),
    status: response.status,
    ...bodyDetails(body),
    ...(retryAfter !== undefined && { retryAfter }),
  };
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
