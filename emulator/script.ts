/**
 * An answer as a list of steps, computed before the first byte goes out. Handlers and faults are functions from
 * scripts to scripts; only play.ts touches a socket.
 */

export type Step =
  | { readonly kind: "head"; readonly status: number; readonly headers: Readonly<Record<string, string>> }
  /** `frame` marks bytes that complete a frame (or an SSE event), for the count in the log. */
  | { readonly kind: "write"; readonly bytes: Uint8Array; readonly frame: boolean }
  | { readonly kind: "wait"; readonly ms: number }
  /** Nothing more, and the connection stays open. */
  | { readonly kind: "hang" }
  /** TCP RST. */
  | { readonly kind: "reset" };

/** After its last step the answer ends cleanly. */
export type Script = readonly Step[];

/** An answer with a body of known length. */
export function whole(
  status: number,
  body: string,
  contentType: string,
  headers: Readonly<Record<string, string>> = {},
): Script {
  const bytes = Buffer.from(body);
  const head: Step = {
    kind: "head",
    status,
    headers: { "content-type": contentType, ...headers, "content-length": String(bytes.length) },
  };
  return bytes.length === 0 ? [head] : [head, { kind: "write", bytes, frame: false }];
}

/** A JSON answer. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Script {
  return whole(status, JSON.stringify(body), "application/json", headers);
}

/** A 200 answer of frames, `paceMs` apart. */
export function streamed(
  headers: Readonly<Record<string, string>>,
  frames: readonly Uint8Array[],
  paceMs: number,
): Script {
  const head: Step = { kind: "head", status: 200, headers };
  const steps = frames.flatMap((bytes, index): Step[] => {
    const write: Step = { kind: "write", bytes, frame: true };
    return index === 0 ? [write] : [{ kind: "wait", ms: paceMs }, write];
  });
  return [head, ...steps];
}
