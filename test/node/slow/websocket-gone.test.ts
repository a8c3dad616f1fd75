/** Clients that let the router wait: away for longer than an object without clients lives, or silent. */
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

    it("that acknowledges nothing gets a page of 4 MiB, and after 30 s without an ack has to come again", async () => {
      const session = newName();
      const asking = await connect({ session });
      await asking.send({
        model: "gpt",
        max_tokens: 10_000_000,
        message: `[[repeat 120 ${"w".repeat(50_000)}]]`,
      });
      const whole = await asking.turn();
      const client = await connect({ session });
      await client.send({ type: "resume", after: 0 });
      expect((await client.closed).code).toBe(1013);
      const bytes = JSON.stringify(client.frames).length;
      expect(bytes).toBeGreaterThan(4_000_000);
      expect(bytes).toBeLessThan(4 * 2 ** 20 + 1000);
      expect(client.frames).toEqual(whole.slice(0, client.frames.length));
      await asking.close();
    }, 120_000);
  },
  { concurrent: true },
);
