import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AgentSetup, claudeCode, codex, openclaw } from "../../../pages/playground/copy-as/agents.ts";
import {
  anthropic,
  type Context,
  curl,
  python,
  typescript,
} from "../../../pages/playground/copy-as/index.ts";
import { literal, TYPESCRIPT } from "../../../pages/playground/copy-as/literal.ts";
import { messagesRequest } from "../../../pages/playground/copy-as/messages.ts";

const CONTEXT: Context = { origin: "https://router.example", models: [], needsKey: true };
const setup = (rest: Partial<AgentSetup> = {}): AgentSetup => ({
  origin: "https://router.example",
  models: [],
  model: "claude",
  key: "YOUR_KEY",
  ...rest,
});
const modelOf = (id: string, inputPrice: number | undefined) => ({
  id,
  contextWindow: 200_000,
  maxOutput: 64_000,
  capabilities: ["tools", "images"],
  inputPrice,
});
const BODY = { model: "auto", messages: [{ role: "user", content: "Hi" }], stream: true };

/** What a shell makes of a command: its arguments and standard input. */
function argumentsOf(command: string): { args: string[]; input: string } {
  const curl = `curl() { printf '%s\\0' "$@"; printf '\\0\\0'; case "$*" in *--data-binary*) cat;; esac; }`;
  const output = execFileSync("bash", ["-s"], { encoding: "utf8", input: `${curl}\n${command}` });
  const [args = "", input = ""] = output.split("\0\0\0");
  return { args: args.split("\0"), input };
}

describe("a request as code", () => {
  it("for curl", () => {
    expect(curl(BODY, CONTEXT)).toBe(`curl -N https://router.example/v1/chat/completions \\
  -H 'authorization: Bearer YOUR_KEY' \\
  -H 'content-type: application/json' \\
  -d '{
  "model": "auto",
  "messages": [
    {
      "role": "user",
      "content": "Hi"
    }
  ],
  "stream": true
}'
`);
    expect(curl(BODY, { ...CONTEXT, needsKey: false })).not.toContain("YOUR_KEY");
  });

  it("for curl, whatever a shell could take for its own", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."'\"\\$`!\n&|;{}#~* aé🦞") }), (content) => {
        const { args } = argumentsOf(curl({ messages: [{ role: "user", content }] }, CONTEXT));
        expect(JSON.parse(args.at(-1) ?? "")).toEqual({ messages: [{ role: "user", content }] });
      }),
      { numRuns: 30 },
    );
  });

  it("for curl, also where it is too long for an argument", () => {
    const body = { ...BODY, image: `data:image/png;base64,${"A".repeat(300_000)}`, quote: "it's\nREQUEST\n" };
    const { args, input } = argumentsOf(curl(body, CONTEXT));
    expect(args.at(-1)).toBe("@-");
    expect(JSON.parse(input)).toEqual(body);
  });

  it("for Python", () => {
    const code = python({ ...BODY, seed: null, tools: [{ strict: false }] }, CONTEXT);
    expect(code).toBe(`from openai import OpenAI

client = OpenAI(base_url="https://router.example/v1", api_key="YOUR_KEY")
stream = client.chat.completions.create(
    model="auto",
    messages=[{ "role": "user", "content": "Hi" }],
    stream=True,
    seed=None,
    tools=[{ "strict": False }],
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
`);
  });

  it("for TypeScript", () => {
    expect(typescript(BODY, CONTEXT)).toBe(`import OpenAI from "openai";

const client = new OpenAI({ baseURL: "https://router.example/v1", apiKey: "YOUR_KEY" });
const stream = await client.chat.completions.create({
  model: "auto",
  messages: [{ role: "user", content: "Hi" }],
  stream: true,
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta.content ?? "");
}
`);
  });

  it("for Anthropic's SDK", () => {
    expect(anthropic({ ...BODY, seed: 7 }, CONTEXT)).toBe(`import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ baseURL: "https://router.example", apiKey: "YOUR_KEY" });
// Anthropic's API has no seed.
const stream = client.messages.stream({
  model: "auto",
  max_tokens: 4096,
  messages: [{ role: "user", content: "Hi" }],
});
stream.on("text", (text) => process.stdout.write(text));
await stream.finalMessage();
`);
  });

  it("for Anthropic's SDK, tools, results, files and all", () => {
    const url = "data:image/png;base64,AAAA";
    const pdf = "data:application/pdf;base64,BBBB";
    const call = (id: string, text: string) => ({
      id,
      type: "function",
      function: { name: "calculator", arguments: text },
    });
    const parameters = { type: "object", properties: { expression: { type: "string" } } };
    const { request, left } = messagesRequest({
      model: "claude",
      messages: [
        { role: "system", content: "Be brief" },
        {
          role: "user",
          content: [
            { type: "text", text: "What is on them?" },
            { type: "image_url", image_url: { url } },
            { type: "file", file: { filename: "b.pdf", file_data: pdf } },
          ],
        },
        { role: "assistant", content: null, tool_calls: [call("a", '{"expression":"1"}'), call("b", "{")] },
        { role: "tool", tool_call_id: "a", content: "1" },
        { role: "tool", tool_call_id: "b", content: "bad" },
        { role: "assistant", content: "One." },
        { role: "user", content: "And?" },
      ],
      max_tokens: 100,
      stop: ["END"],
      temperature: 0.5,
      tools: [{ type: "function", function: { name: "calculator", description: "d", parameters } }],
      tool_choice: "required",
      seed: 1,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(request).toEqual({
      model: "claude",
      max_tokens: 100,
      stop_sequences: ["END"],
      temperature: 0.5,
      system: "Be brief",
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is on them?" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
            {
              type: "document",
              title: "b.pdf",
              source: { type: "base64", media_type: "application/pdf", data: "BBBB" },
            },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "tool_use", id: "a", name: "calculator", input: { expression: "1" } },
            { type: "tool_use", id: "b", name: "calculator", input: {} },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "a", content: "1" },
            { type: "tool_result", tool_use_id: "b", content: "bad" },
          ],
        },
        { role: "assistant", content: "One." },
        { role: "user", content: "And?" },
      ],
      tools: [{ name: "calculator", description: "d", input_schema: parameters }],
      tool_choice: { type: "any" },
    });
    expect(left).toEqual(["seed"]);
  });

  it("for Claude Code, as a shell reads it, with the cheapest model as the small one", () => {
    const models = [modelOf("auto", undefined), modelOf("claude", 3), modelOf("it's small", 1)];
    const code = claudeCode(setup({ models, key: undefined }));
    const script = `claude() { printf '%s\\n' "$@"; }\n${code}\nenv | grep ^ANTHROPIC_ | sort`;
    expect(execFileSync("bash", ["-s"], { encoding: "utf8", input: script, env: {} }).split("\n")).toEqual([
      "--model",
      "claude",
      "ANTHROPIC_AUTH_TOKEN=none",
      "ANTHROPIC_BASE_URL=https://router.example",
      "ANTHROPIC_DEFAULT_HAIKU_MODEL=it's small",
      "",
    ]);
  });

  it("for Codex", () => {
    expect(codex(setup())).toContain('base_url = "https://router.example/v1"\nenv_key = "EDGE_ROUTER_KEY"');
    expect(codex(setup())).toMatch(/^# .+EDGE_ROUTER_KEY=YOUR_KEY\nmodel = "claude"\n/);
  });

  it("for OpenClaw", () => {
    expect(JSON.parse(openclaw(setup({ models: [modelOf("claude", 3)] })))).toEqual({
      models: {
        providers: {
          openclaw: {
            api: "openai-completions",
            baseUrl: "https://router.example/v1",
            apiKey: "YOUR_KEY",
            models: [
              {
                id: "claude",
                name: "claude",
                input: ["text", "image"],
                contextWindow: 200_000,
                maxTokens: 64_000,
              },
            ],
          },
        },
      },
      agents: { defaults: { model: { primary: "openclaw/claude" } } },
    });
  });

  it("writes any JSON so that JavaScript reads the same", () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: "small", noUnicodeString: false }), (value) => {
        const read: unknown = new Function(`return (${literal(value, TYPESCRIPT)})`)();
        expect(JSON.stringify(read)).toBe(JSON.stringify(value));
      }),
    );
  });
});
