/** An upstream's answer that comes as one JSON body: read within a size and its silences, and counted while it is looked at. */
import type { CallContext } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import { byteBuffer } from "../lib/byte-buffer.ts";
import { type BodyDecoder, bodyReads } from "./source.ts";

/** Beside what is made of it, in an isolate of 128 MB. */
const MAX_MIB = 24;
const MAX_BYTES = MAX_MIB * 2 ** 20;
/** Of text, and of what is parsed of it. */
const COPIES = 2;

/**
 * Reads the whole body and gives its JSON to `use`; what that gives counts no more.
 * @param name How messages name the model.
 * @throws RouterError where it breaks off, is too large, is no JSON, or is none that `use` can read (undefined); and what `use` throws.
 */
export async function withAnswer<T>(
  response: Response,
  { abort, idleTimeoutMs, hold }: CallContext,
  name: string,
  use: (answer: unknown) => T | undefined,
): Promise<T> {
  const parts = byteBuffer();
  let counted = 0;
  let failure: RouterError | undefined;
  const decoder: BodyDecoder<true> = {
    read(bytes) {
      const { length } = bytes ?? [];
      if (parts.length + length > MAX_BYTES) failure = tooLarge(name);
      if (bytes === undefined || failure) return true;
      hold?.add(COPIES * length);
      counted += COPIES * length;
      parts.append(bytes);
      return true;
    },
    fail(error) {
      failure = error;
      return true;
    },
    get ended() {
      return failure !== undefined;
    },
  };
  const stream = response.body ?? new ReadableStream<Uint8Array>({ start: (body) => body.close() });
  const reads = bodyReads({ stream }, decoder, { name, abort, idleTimeoutMs });
  try {
    while ((await reads.next()) !== undefined);
    if (failure) throw failure;
    const found = use(parsed(parts.take()));
    if (found === undefined) throw unreadable(name);
    return found;
  } finally {
    hold?.give(counted);
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** The client asked for too much at once: another attempt would bring as much again. */
function tooLarge(name: string): RouterError {
  return new RouterError(
    "invalid_value",
    `The answer of '${name}' is larger than ${MAX_MIB} MiB, which the router does not read. Send less at once; of vectors, fewer dimensions or encoding_format base64 help too.`,
    { param: "input" },
  );
}

function unreadable(name: string): RouterError {
  return new RouterError(
    "upstream_stream_invalid",
    `The answer of '${name}' is not what a model of its kind answers. Check llms.${name}.model, its kind and base_url.`,
  );
}
