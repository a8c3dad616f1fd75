/** Plays a script on a connection, as fast as the reader takes it. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep, setImmediate as yieldToIo } from "node:timers/promises";
import type { RecordedRequest } from "./log.ts";
import type { Script, Step } from "./script.ts";

/**
 * Writes the steps to `response` and notes the progress in `record`. Waits for the socket to drain whenever its
 * buffer is full. Rejects when `signal` aborts, which it does as soon as the client has left.
 */
export async function play(
  script: Script,
  response: ServerResponse,
  record: RecordedRequest,
  signal: AbortSignal,
): Promise<void> {
  for (const step of script) {
    signal.throwIfAborted();
    if (step.kind === "reset") {
      record.outcome = "complete";
      response.socket?.resetAndDestroy();
      return;
    }
    await perform(step, response, record, signal);
  }
  record.outcome = "complete";
  response.end();
}

async function perform(
  step: Exclude<Step, { kind: "reset" }>,
  response: ServerResponse,
  record: RecordedRequest,
  signal: AbortSignal,
): Promise<void> {
  switch (step.kind) {
    case "head":
      record.status = step.status;
      response.writeHead(step.status, step.headers);
      response.flushHeaders();
      return;
    case "write":
      if (!response.write(step.bytes)) await once(response, "drain", { signal });
      if (step.frame) record.framesSent += 1;
      return;
    case "wait":
      // A timer of 0 ms would still cost a millisecond; the socket only needs its turn.
      await (step.ms > 0 ? sleep(step.ms, undefined, { signal }) : yieldToIo(undefined, { signal }));
      return;
    case "hang":
      await once(signal, "abort");
      signal.throwIfAborted();
  }
}
