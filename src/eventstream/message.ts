/** A typed header value. `timestamp` counts milliseconds since the epoch; a `uuid` is lower-case with hyphens. */
export type HeaderValue =
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "byte" | "short" | "integer"; readonly value: number }
  | { readonly type: "long" | "timestamp"; readonly value: bigint }
  | { readonly type: "byte_array"; readonly value: Uint8Array }
  | { readonly type: "string" | "uuid"; readonly value: string };

/** Headers by name, without a prototype, so that a header called `__proto__` is one like any other. */
export type MessageHeaders = Readonly<Record<string, HeaderValue>>;

/** What one frame carries. */
export interface Message {
  /** Stays valid. Treat as immutable: messages with byte-identical header blocks share one object. */
  readonly headers: MessageHeaders;
  /** A view into the bytes that were pushed: valid only during the callback unless copied (`new Uint8Array(payload)`). */
  readonly payload: Uint8Array;
}

/** The value of the header called `name` if there is one and it is a string; undefined otherwise. */
export function headerString(message: Message, name: string): string | undefined {
  const header = message.headers[name];
  return header?.type === "string" ? header.value : undefined;
}
