/** Decodes AWS event streams (`application/vnd.amazon.eventstream`): bytes to typed, checked messages. */
export { EventStreamDecoder } from "./decoder.ts";
export { EventStreamError, type EventStreamErrorCode } from "./errors.ts";
export { type HeaderValue, headerString, type Message, type MessageHeaders } from "./message.ts";
export { eventStream } from "./stream.ts";
