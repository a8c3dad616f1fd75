import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Context, curl, openclaw, python, typescript } from "../../../playground/src/copy-as/index.ts";
import { literal, TYPESCRIPT } from "../../../playground/src/copy-as/literal.ts";

const CONTEXT: Context = { origin: "https://router.example", models: [], needsKey: true };
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

  it("for OpenClaw", () => {
    const model = {
      id: "claude",
      description: "",
      contextWindow: 200_000,
      maxOutput: 64_000,
      capabilities: ["tools", "images"],
      inputPrice: undefined,
      outputPrice: undefined,
    };
    expect(JSON.parse(openclaw({ model: "claude" }, { ...CONTEXT, models: [model] }))).toEqual({
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
