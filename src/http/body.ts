/** Reads a request's JSON body within a limit. */
import { RouterError } from "../errors.ts";
import { readJsonText } from "../lib/json-text.ts";

/** A request's JSON, and the text that it came as. */
export interface RequestBody {
  readonly value: unknown;
  readonly text: string;
}

/**
 * @param maxBytes The largest body that is read.
 * @throws RouterError `request_too_large` (413); what {@link readJsonText} throws (400)
 */
export async function readJson(request: Request, maxBytes: number): Promise<RequestBody> {
  const announced = Number(request.headers.get("content-length") ?? Number.NaN);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  // A body of known length is read natively; only one of unknown length has to be counted on its way.
  const text = Number.isFinite(announced) ? await request.text() : await readCounted(request, maxBytes);
  if (text.trim() !== "") return { value: readJsonText(text), text };
  throw new RouterError(
    "invalid_json",
    "The request has no body. Send a JSON object with at least `messages`.",
  );
}

async function readCounted(request: Request, maxBytes: number): Promise<string> {
  if (!request.body) return "";
  const decoder = new TextDecoder();
  let size = 0;
  let text = "";
  for await (const bytes of request.body) {
    size += bytes.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}

function tooLarge(maxBytes: number): RouterError {
  return new RouterError(
    "request_too_large",
    `The request body is larger than ${maxBytes} bytes. Send less, or raise serve.max_body_bytes in the router's configuration.`,
  );
}
