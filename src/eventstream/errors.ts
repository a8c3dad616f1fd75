/** What can be wrong with a stream of frames. */
export type EventStreamErrorCode =
  /** The CRC over the two lengths is wrong: not an event stream, or bytes were lost, added or changed. */
  | "prelude_crc_mismatch"
  /** The CRC over the whole frame is wrong. */
  | "message_crc_mismatch"
  /** The lengths are intact but contradict each other. */
  | "invalid_length"
  /** The announced headers or payload are above the limits. */
  | "message_too_large"
  /** A header has an unknown type or runs past the header block. */
  | "invalid_header"
  /** The stream ended inside a frame. */
  | "truncated";

/** A fault in the framing, told apart by `code`; the message is for logs. */
export class EventStreamError extends Error {
  override readonly name = "EventStreamError";
  readonly code: EventStreamErrorCode;

  /** Takes the fault's class and a description of this instance of it. */
  constructor(code: EventStreamErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
