import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awsBindings, CLIENT_KEY, eventually, type Stack, startStack } from "../../support/stack.ts";
import { say } from "./ask.ts";

/** More than the 15 s after which the router breaks a silence. */
const LONG_MS = 16_500;

let stack: Stack;
beforeAll(async () => {
  const bedrock = { provider: "bedrock", model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" };
  stack = await startStack({
    bindings: awsBindings,
    config: (emulator) => ({
      router: { retry: 0, idle_timeout: LONG_MS / 1000 },
      llms: {
        claude: bedrock,
        impatient: { ...bedrock, timeout: LONG_MS / 1000 },
        gpt: { provider: "ollama", model: "emulated-small", base_url: emulator.localUrl },
      },
    }),
  });
}, 60_000);
afterAll(() => stack?.close());

async function stream(model: string, text: string, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${CLIENT_KEY}` },
    body: JSON.stringify({ ...say(model, text), stream: true }),
    ...(signal && { signal }),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  return response;
}

/** Events, and the comments between them, each of one line. */
function eventsOf(text: string): string[] {
  return text.replace(/^(: .*)\n/gm, "$1\n\n").split("\n\n");
}

/** Side by side, for each of them mostly waits. */
describe.concurrent("a model that is silent for more than 15 s", { timeout: 120_000 }, () => {
  it("is bridged with a comment until it answers", async ({ expect }) => {
    const events = eventsOf(await (await stream("claude", `Hi [[fault: slow ${LONG_MS}]]`)).text());
    expect(events[0]).toMatch(/^: \S/);
    expect(events.filter((event) => !/^data: \{|^: /.test(event))).toEqual(["data: [DONE]", ""]);
    expect(events[1]).toContain('"role":"assistant"');
  });

  it("may still fail, in an event and without [DONE]", async ({ expect }) => {
    const events = eventsOf(await (await stream("impatient", "Hi [[fault: hang]]")).text());
    expect(events).toEqual([
      expect.stringMatching(/^: /),
      expect.stringMatching(/^data: \{"error":.*"code":"upstream_timeout"/),
      "",
    ]);
  });

  it("is bridged in the middle of its answer too", async ({ expect }) => {
    const events = eventsOf(await (await stream("claude", "Hi there [[fault: hang-mid]]")).text());
    const comment = events.findIndex((event) => event.startsWith(": "));
    expect(events[comment - 1]).toMatch(/^data: \{"id":/);
    expect(events.slice(comment + 1)).toEqual([expect.stringContaining('"code":"upstream_timeout"'), ""]);
  });

  it("is told apart from a client that left without a word", async ({ expect }) => {
    const controller = new AbortController();
    const call = stream("claude", "Gone [[fault: hang]]", controller.signal);
    const record = await eventually(() =>
      stack.emulator.requests.find(({ body }) => JSON.stringify(body)?.includes("Gone")),
    );
    // Closes without a reset: nothing tells the router until it writes.
    controller.abort();
    await expect(call).rejects.toThrow("aborted");
    await eventually(() => record.outcome !== "pending", 60_000);
    expect(record.outcome).toBe("aborted-by-client");
  });

  it("is bridged behind an OpenAI-compatible API too", async ({ expect }) => {
    const events = eventsOf(await (await stream("gpt", `Hi [[fault: slow ${LONG_MS}]]`)).text());
    expect(events[0]).toMatch(/^: \S/);
    expect(events.filter((event) => !/^data: \{|^: /.test(event))).toEqual(["data: [DONE]", ""]);
  });
});
