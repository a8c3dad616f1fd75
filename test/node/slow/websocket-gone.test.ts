/** A client that is away for longer than an object without clients lives, unless its heartbeat keeps it. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { awsBindings, startStack } from "../../support/stack.ts";
import { connect, type Frame, seqs, textOf } from "../e2e/ws-client.ts";

const GONE_MS = 200_000;

it("finds its whole answer after 200 s", async () => {
  const stack = await startStack({
    bindings: awsBindings,
    config: () => ({
      llms: { claude: { provider: "bedrock", model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" } },
    }),
  });
  try {
    const client = await connect(stack.url, { session: "gone" });
    client.send({ message: "[[pace 700]] [[repeat 300 word]]" });
    await sleep(3000);
    await client.close();
    const received: Frame[] = [...client.frames];
    expect(received.length).toBeGreaterThan(1);
    await sleep(GONE_MS);
    const again = await connect(stack.url, { session: "gone" });
    again.send({ type: "resume", after: received.length });
    received.push(...(await again.turn()));
    expect(received.at(-1)).toBe("[DONE]");
    expect(seqs(received)).toEqual(seqs(received).map((_, index) => index + 1));
    expect(textOf(received)).toBe("word ".repeat(300));
    expect(stack.emulator.requests).toHaveLength(1);
  } finally {
    await stack.close();
  }
}, 300_000);
