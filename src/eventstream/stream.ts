import { EventStreamDecoder } from "./decoder.ts";
import type { Message } from "./message.ts";

/**
 * The decoder as a stage for `pipeThrough`: bytes in, messages out, their payloads copied so that they stay valid.
 * A fault errors both sides with the decoder's EventStreamError, once the messages before it have been read; so does a
 * stream that ends inside a frame. No more is taken in while messages wait to be read; cancelling cancels the source.
 */
export function eventStream(): TransformStream<Uint8Array, Message> {
  // Two stages, because a TransformStream that errors drops what it has queued: the good messages before a fault.
  const { readable, writable } = new TransformStream<Message, Message>();
  const outlet = writable.getWriter();
  const decoded: Message[] = [];
  const decoder = new EventStreamDecoder(({ headers, payload }) => {
    decoded.push({ headers, payload: new Uint8Array(payload) });
  });

  async function run(step: () => void): Promise<void> {
    let fault: { readonly thrown: unknown } | undefined;
    try {
      step();
    } catch (thrown) {
      fault = { thrown };
    }
    for (const message of decoded.splice(0)) await outlet.write(message);
    if (fault === undefined) return;
    await outlet.abort(fault.thrown);
    throw fault.thrown;
  }

  const inlet = new WritableStream<Uint8Array>({
    start: (controller) => void outlet.closed.catch((reason) => controller.error(reason)),
    write: (bytes) => run(() => decoder.push(bytes)),
    close: () => run(() => decoder.end()).then(() => outlet.close()),
    abort: (reason) => outlet.abort(reason),
  });
  return { readable, writable: inlet };
}
