import { PRELUDE_BYTES, readPrelude } from "./frame.ts";

/** Room for most whole frames of a model's stream, so that few of them grow. */
const MIN_CAPACITY_BYTES = 1024;

/**
 * One frame that is spread over several chunks. Its prelude is verified as soon as it is there; after that the buffer
 * grows by doubling up to the frame's length, so that each byte is copied a bounded number of times however small the
 * chunks are, and a length alone never makes memory be set aside.
 */
export class PartialFrame {
  #bytes = new Uint8Array(0);
  #filled = 0;
  /** Length of the frame; the prelude's own length until that is verified. */
  #wanted = PRELUDE_BYTES;

  /** Bytes held so far. */
  get filled(): number {
    return this.#filled;
  }

  /**
   * Takes what the frame still needs of `bytes` from `offset` on and gives the offset after it. Throws what
   * {@link readPrelude} throws.
   */
  take(bytes: Uint8Array, offset: number): number {
    let end = this.#copy(bytes, offset);
    if (this.#wanted === PRELUDE_BYTES && this.#filled === PRELUDE_BYTES) {
      this.#wanted = readPrelude(new DataView(this.#bytes.buffer), 0);
      end = this.#copy(bytes, end);
    }
    return end;
  }

  /** The frame's bytes once all are there, else undefined. */
  whole(): Uint8Array | undefined {
    return this.#filled === this.#wanted ? this.#bytes.subarray(0, this.#filled) : undefined;
  }

  #copy(bytes: Uint8Array, offset: number): number {
    const end = Math.min(bytes.length, offset + this.#wanted - this.#filled);
    const filled = this.#filled + end - offset;
    if (filled > this.#bytes.length) this.#grow(filled);
    this.#bytes.set(bytes.subarray(offset, end), this.#filled);
    this.#filled = filled;
    return end;
  }

  #grow(needed: number): void {
    const capacity = Math.max(MIN_CAPACITY_BYTES, Math.min(2 * needed, this.#wanted));
    const grown = new Uint8Array(capacity);
    grown.set(this.#bytes.subarray(0, this.#filled));
    this.#bytes = grown;
  }
}
