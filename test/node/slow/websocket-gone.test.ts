/** A client that is away for longer than an object without clients lives, unless its heartbeat keeps it. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { lastSeq, seqs, textOf } from "../e2e/ws-client.ts";
import { describeSessions, newName } from "../e2e/ws-stack.ts";

const GONE_MS = 200_000;

describeSessions(
  ({ kind, stack, connect }) => {
    it("that is gone for 200 s finds its whole answer", async () => {
      const session = newName();
      const client = await connect({ session });
      // 210 s at the least.
      await client.send({ model: "claude", message: `[[pace 700]] [[repeat 300 word]] ${kind}` });
      await client.until(() => client.frames.length >= 3);
      await client.drop();
      const received = [...client.frames];
      await sleep(GONE_MS);
      const again = await connect({ session });
      await again.send({ type: "resume", after: lastSeq(received) });
      received.push(...(await again.turn()));
      expect(received.at(-1)).toBe("[DONE]");
      expect(seqs(received)).toEqual(seqs(received).map((_, index) => index + 1));
      expect(textOf(received)).toBe(`[claude] ${"word ".repeat(300)}`);
      const asked = stack().emulator.requests.filter(({ body }) => JSON.stringify(body).includes(kind));
      expect(asked.map(({ outcome }) => outcome)).toEqual(["complete"]);
    }, 300_000);
  },
  { concurrent: true },
);
