/** Stored responses over real sockets, where it takes minutes: a run in the background that nobody follows, and a thousand chains. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ResponseStreamEvent } from "openai/resources/responses/responses";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awsBindings, type Stack, startStack } from "../../support/stack.ts";

/** An object that nobody calls is put aside after 10 s here, and after some minutes at Cloudflare. */
const ALONE_MS = 200_000;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    bindings: awsBindings,
    config: () => ({
      llms: { claude: { provider: "bedrock", model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" } },
    }),
  });
});
afterAll(() => stack?.close());

describe.concurrent("a stored response", () => {
  it("in the background is whole after nobody has listened for 200 s, and its events are all there", async () => {
    const { responses } = stack.client;
    const { id } = await responses.create({
      ...{ model: "claude", background: true },
      // 210 s at the least.
      input: "[[pace 700]] [[repeat 300 word]]",
    });
    await sleep(ALONE_MS);
    const events: ResponseStreamEvent[] = [];
    for await (const event of await responses.retrieve(id, { stream: true })) events.push(event);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual([...events.keys()]);
    expect(events.at(-1)?.type).toBe("response.completed");
    const words = events.map((event) => (event.type === "response.output_text.delta" ? event.delta : ""));
    expect(words.join("")).toBe("word ".repeat(300));
  }, 300_000);

  it("is there the moment its last byte is, a thousand times", async () => {
    const { responses } = stack.client;
    const chain = async (n: number): Promise<string> => {
      const stream = await responses.create({ model: "claude", input: `My number is ${n}.`, stream: true });
      let id = "";
      for await (const event of stream) if (event.type === "response.completed") ({ id } = event.response);
      const next = await responses.create({ model: "claude", input: "[[echo]]", previous_response_id: id });
      return next.output_text;
    };
    const numbers = Array.from({ length: 1000 }, (_, n) => n);
    const work = async (): Promise<void> => {
      for (let n = numbers.shift(); n !== undefined; n = numbers.shift()) {
        expect(await chain(n)).toContain(`My number is ${n}.`);
      }
    };
    await Promise.all(Array.from({ length: 4 }, work));
  }, 600_000);
});
