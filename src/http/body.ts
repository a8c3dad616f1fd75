/** Reads a request's JSON body within a limit, counted in what the isolate has in hand. */
import { RouterError } from "../errors.ts";
import { boundedJson } from "../lib/json-text.ts";
import type { MemoryHold } from "../lib/memory.ts";
import { byobReader } from "../lib/byob.ts";
import { onSilence } from "../lib/timing.ts";

/** A request's JSON, and the text that it came as. */
export interface RequestBody {
  readonly value: unknown;
  readonly text: string;
}

/** The text, and what is parsed of it. */
const COPIES = 2;
/** A body up to here is read natively and counted by what it announces; a larger one as it comes, since it may never come. */
const SHORT_BYTES = 65_536;
const PART_BYTES = 65_536;
/** How long a body may stop in the middle: what has come of it is in hand. */
const SILENCE_MS = 30_000;

/**
 * @param maxBytes The largest body that is read.
 * @param hold Takes what the body will use; whoever made it ends it.
 * @throws RouterError `request_too_large` (413), `request_timeout` (408), `overloaded` (503); what {@link boundedJson} throws (400)
 */
export async function readJson(request: Request, maxBytes: number, hold: MemoryHold): Promise<RequestBody> {
  const announced = Number(request.headers.get("content-length") ?? Number.NaN);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  const text =
    announced <= SHORT_BYTES
      ? await readShort(request, announced, hold)
      : await readCounted(request, maxBytes, hold);
  if (text.trim() === "") {
    throw new RouterError("invalid_json", "The request has no body. Send a JSON object.");
  }
  const json = boundedJson(text);
  await hold.take(json.bytes, request.signal);
  return { value: json.parse(), text };
}

async function readShort(request: Request, announced: number, hold: MemoryHold): Promise<string> {
  await hold.take(announced * COPIES, request.signal);
  return request.text();
}

async function readCounted(request: Request, maxBytes: number, hold: MemoryHold): Promise<string> {
  if (!request.body) return "";
  const { read, cancel } = partsOf(request.body);
  let silent = false;
  const watch = onSilence(SILENCE_MS, () => {
    silent = true;
    cancel();
  });
  const decoder = new TextDecoder();
  let size = 0;
  let text = "";
  try {
    for (let bytes = await read(); bytes; bytes = await read()) {
      watch.feed();
      size += bytes.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      // The buffer is the next read's.
      text += decoder.decode(bytes, { stream: true });
      await hold.take(bytes.byteLength * COPIES, request.signal);
    }
    if (silent) throw tooSlow();
    return text + decoder.decode();
  } catch (thrown) {
    cancel();
    throw thrown;
  } finally {
    watch.stop();
  }
}

interface Parts {
  /** The next bytes, until the next call; undefined at the end. */
  readonly read: () => Promise<Uint8Array | undefined>;
  readonly cancel: () => void;
}

/** A body from the network comes in parts of up to 64 KiB, in one buffer; one that was made in JavaScript as it is. */
function partsOf(body: ReadableStream<Uint8Array>): Parts {
  const byob = byobReader(body);
  if (!byob) {
    const reader = body.getReader();
    return {
      read: async () => (await reader.read()).value,
      cancel: () => void reader.cancel().catch(() => {}),
    };
  }
  let buffer = new ArrayBuffer(PART_BYTES);
  return {
    async read() {
      const { done, value } = await byob.read(new Uint8Array(buffer));
      if (value) buffer = value.buffer;
      return done ? undefined : value;
    },
    cancel: () => void byob.cancel().catch(() => {}),
  };
}

function tooLarge(maxBytes: number): RouterError {
  return new RouterError(
    "request_too_large",
    `The request body is larger than ${maxBytes} bytes. Send less, or raise serve.max_body_bytes in the router's configuration.`,
  );
}

function tooSlow(): RouterError {
  return new RouterError(
    "request_timeout",
    `The request body stopped coming for ${SILENCE_MS / 1000} s. Send it again, without pauses.`,
  );
}
