/** An answer that is written in pieces, because as one text it would be in hand a second time. */
import type { AppContext } from "./context.ts";

const PIECE_CHARS = 65_536;
const encoder = new TextEncoder();

/** A JSON answer with status 200. What the request has in hand stays counted until the client has read it. */
export function jsonInPieces(
  c: AppContext,
  pieces: Iterable<string>,
  headers: Readonly<Record<string, string>>,
): Response {
  const { readable, writable } = new IdentityTransformStream();
  c.get("hold").until(write(pieces, writable.getWriter()));
  return c.body(readable, 200, { ...headers, "content-type": "application/json" });
}

/** Never rejects: a client that has left reads no more. */
async function write(
  pieces: Iterable<string>,
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  try {
    let pending = "";
    for (const piece of pieces) {
      pending += piece;
      if (pending.length < PIECE_CHARS) continue;
      await writer.write(encoder.encode(pending));
      pending = "";
    }
    await writer.write(encoder.encode(pending));
    await writer.close();
  } catch {
    await writer.abort().catch(() => {});
  }
}
