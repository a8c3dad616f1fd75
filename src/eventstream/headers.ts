import { EventStreamError } from "./errors.ts";
import type { HeaderValue, MessageHeaders } from "./message.ts";

/**
 * Bytes that are not UTF-8 become U+FFFD, as in AWS's SDK for JavaScript: the CRC says that the sender meant them, and a
 * header nobody reads must not cost the answer. A byte order mark is kept as the character it is.
 */
const UTF8 = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** Walks a header block; every step is checked against its end, whatever follows the block. */
class Cursor {
  readonly view: DataView;
  readonly #block: Uint8Array;
  #at = 0;

  constructor(block: Uint8Array) {
    this.#block = block;
    this.view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  }

  get done(): boolean {
    return this.#at === this.#block.length;
  }

  /** Steps over `length` bytes and gives the offset of the first. */
  take(length: number): number {
    const at = this.#at;
    if (length > this.#block.length - at) {
      throw new EventStreamError("invalid_header", `a header runs past the end of its block at byte ${at}`);
    }
    this.#at = at + length;
    return at;
  }

  bytes(length: number): Uint8Array {
    const at = this.take(length);
    return this.#block.subarray(at, at + length);
  }

  text(length: number): string {
    return UTF8.decode(this.bytes(length));
  }

  /** The unsigned 16-bit length before a byte array or a string. */
  valueLength(): number {
    return this.view.getUint16(this.take(2));
  }
}

/** How a value is read, indexed by its type code on the wire. */
const VALUE_READERS: readonly ((cursor: Cursor) => HeaderValue)[] = [
  () => ({ type: "boolean", value: true }),
  () => ({ type: "boolean", value: false }),
  (cursor) => ({ type: "byte", value: cursor.view.getInt8(cursor.take(1)) }),
  (cursor) => ({ type: "short", value: cursor.view.getInt16(cursor.take(2)) }),
  (cursor) => ({ type: "integer", value: cursor.view.getInt32(cursor.take(4)) }),
  (cursor) => ({ type: "long", value: cursor.view.getBigInt64(cursor.take(8)) }),
  (cursor) => ({ type: "byte_array", value: cursor.bytes(cursor.valueLength()) }),
  (cursor) => ({ type: "string", value: cursor.text(cursor.valueLength()) }),
  (cursor) => ({ type: "timestamp", value: cursor.view.getBigInt64(cursor.take(8)) }),
  (cursor) => ({ type: "uuid", value: formatUuid(cursor.bytes(16)) }),
];

function formatUuid(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/**
 * Parses a whole header block. Byte arrays are views of `block`. Of two headers with the same name the last counts,
 * as in AWS's SDK for JavaScript. Throws an EventStreamError `invalid_header` on an unknown type code and on a header
 * that runs past the block.
 */
export function parseHeaders(block: Uint8Array): MessageHeaders {
  const headers: Record<string, HeaderValue> = Object.create(null);
  const cursor = new Cursor(block);
  while (!cursor.done) {
    const name = cursor.text(cursor.view.getUint8(cursor.take(1)));
    const type = cursor.view.getUint8(cursor.take(1));
    const read = VALUE_READERS[type];
    if (read === undefined) {
      throw new EventStreamError(
        "invalid_header",
        `header ${JSON.stringify(name)} has the unknown type ${type}`,
      );
    }
    headers[name] = read(cursor);
  }
  return headers;
}
