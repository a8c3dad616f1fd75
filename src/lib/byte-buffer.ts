/** Bytes put together from parts of any size: it grows by doubling, so that many small parts cost no more than a few large ones. */
export interface ByteBuffer {
  readonly length: number;
  append(bytes: Uint8Array): void;
  /** All of it; the buffer is empty afterwards. */
  take(): Uint8Array<ArrayBuffer>;
  /** The same as a copy, for what is small and often: the room stays for what comes next. */
  copy(): Uint8Array<ArrayBuffer>;
}

const FIRST_BYTES = 4096;

export function byteBuffer(): ByteBuffer {
  let bytes = new Uint8Array(0);
  let length = 0;
  return {
    get length() {
      return length;
    },
    append(more) {
      const needed = length + more.length;
      if (needed > bytes.length) {
        const grown = new Uint8Array(Math.max(needed, 2 * bytes.length, FIRST_BYTES));
        grown.set(bytes.subarray(0, length));
        bytes = grown;
      }
      bytes.set(more, length);
      length = needed;
    },
    take() {
      const all = bytes.subarray(0, length);
      bytes = new Uint8Array(0);
      length = 0;
      return all;
    },
    copy() {
      const all = bytes.slice(0, length);
      length = 0;
      return all;
    },
  };
}
