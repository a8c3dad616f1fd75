import fc from "fast-check";
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../../emulator/index.ts";
import { asObject, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { awsBindings, CLIENT_KEY, eventually, type Stack, startStack } from "../../support/stack.ts";
import { ask, failureOf, say } from "./ask.ts";

const WAYS = [
  ["streamed", true],
  ["whole", false],
] as const;
const TOOLS = [
  {
    type: "function" as const,
    function: {
      name: "get_weather",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];

function targets({ openaiUrl, openaiKey, localUrl }: Emulator) {
  const small = { provider: "openai", model: "emulated-small", base_url: openaiUrl };
  return {
    claude: { provider: "bedrock", model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" },
    gpt: { ...small, api_key: openaiKey },
    local: { provider: "ollama", model: "emulated-large", base_url: localUrl },
    expanded: { ...small, api_key: "${" + "UPSTREAM_KEY}" },
    named: { ...small, api_key_env: "UPSTREAM_KEY" },
    old: { ...small, api_key: openaiKey, max_tokens_field: "max_tokens" },
    "wrong-key": { ...small, api_key: "sk-upstream-wrong" },
    keyless: { ...small, auth_mode: "bearer" },
    patient: { ...small, api_key: openaiKey, timeout: "300ms" },
  };
}

let stack: Stack;
let prefixed: Stack;
beforeAll(async () => {
  const weights = { expanded: 0, named: 0, old: 0, "wrong-key": 0, keyless: 0, patient: 0 };
  stack = await startStack({
    bindings: (emulator) => ({
      ...awsBindings(emulator),
      UPSTREAM_KEY: emulator.openaiKey,
      OPENAI_API_KEY: "",
    }),
    config: (emulator) => ({ router: { retry: 0, weights }, llms: targets(emulator) }),
  });
  prefixed = await startStack({
    emulator: stack.emulator,
    bindings: awsBindings,
    config: (emulator) => ({ serve: { show_model_prefix: true }, llms: targets(emulator) }),
  });
}, 60_000);
afterAll(async () => {
  await prefixed?.close();
  await stack?.close();
});

interface Sent {
  readonly url: string;
  readonly key: string;
}
const router = (): Sent => ({ url: `${stack.url}/v1`, key: CLIENT_KEY });
const direct = (): Sent => ({ url: stack.emulator.openaiUrl, key: stack.emulator.openaiKey });

function post({ url, key }: Sent, body: JsonObject): Promise<Response> {
  return fetch(`${url}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** What the router adds to a request: it counts tokens, and streams tell them only when asked. */
function asksUsage(stream: boolean): JsonObject {
  return stream ? { stream_options: { include_usage: true } } : {};
}

/** A stream without the chunk that tells its usage. */
function withoutUsage(text: string): string {
  return text.replace(/data: [^\n]*"choices":\[\][^\n]*\n\n/, "");
}

/** What of an answer does not depend on when it was given. */
function lasting(text: string): string {
  return text.replace(/(chatcmpl-|call_)[0-9a-f]{24}/g, "$1").replace(/"created":\d+/g, '"created":0');
}

describe.each(WAYS)("a request, %s", (_, stream) => {
  it("reaches the upstream as it was, but for the model's name", async () => {
    const body = {
      model: "gpt",
      stream,
      messages: [
        { role: "developer", content: "Be kind.", name: "boss" },
        { role: "user", content: [{ type: "text", text: "Hi 👋", x_note: [1, null] }], x_id: "m1" },
        {
          role: "assistant",
          content: null,
          reasoning_content: "hm",
          tool_calls: [
            { id: "call_1", type: "function", function: { name: "get_weather", arguments: "{ }" }, x: 1 },
          ],
        },
        { role: "tool", tool_call_id: "call_1", content: "sunny" },
      ],
      tools: [...TOOLS, { type: "web_search", size: 3 }],
      tool_choice: "auto",
      temperature: 1.7,
      logit_bias: { "50256": -100 },
      seed: 7,
      n: 1,
      user: null,
      max_completion_tokens: 200,
      metadata: { a: "b" },
      x_vendor: { deep: [{ a: null }, 1e-7, "ü"] },
    };
    const response = await post(router(), body);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('tool answered: \\"sunny\\"');
    expect(stack.lastUpstream().body).toEqual({ ...body, model: "emulated-small", ...asksUsage(stream) });
    expect(response.headers.get("x-router-dropped-params")).toBeNull();
  });

  it("may carry any further fields", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.string().map((key) => `x_${key}`),
          fc.jsonValue(),
        ),
        async (extra) => {
          const body = { ...say("gpt", "Hi"), stream, ...extra };
          const response = await post(router(), body);
          expect(response.status).toBe(200);
          await response.text();
          const sent: unknown = JSON.parse(
            JSON.stringify({ ...body, model: "emulated-small", ...asksUsage(stream) }),
          );
          expect(stack.lastUpstream().body).toEqual(sent);
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each(["gpt", "expanded", "named"])(
    "to %s has the key in Authorization and no other header",
    async (model) => {
      await ask(stack.client, say(model, "Hi"), stream);
      const { headers, path } = stack.lastUpstream();
      expect(path).toBe("/openai/v1/chat/completions");
      expect(headers.authorization).toBe(`Bearer ${stack.emulator.openaiKey}`);
      // The runtime itself adds cf-worker.
      const names = Object.keys(headers).filter((name) => name !== "cf-worker");
      expect(names.sort()).toEqual(["accept", "authorization", "content-length", "content-type", "host"]);
    },
  );

  it("to a local server has no key", async () => {
    const reply = await ask(stack.client, say("local", "Hi"), stream);
    expect(reply.model).toBe("emulated-large");
    expect(stack.lastUpstream().headers).not.toHaveProperty("authorization");
  });

  it("has the output limit under the name that the upstream knows", async () => {
    await ask(stack.client, { ...say("old", "Hi"), max_completion_tokens: 50 }, stream);
    expect(stack.lastUpstream().body).toMatchObject({ max_tokens: 50 });
    expect(stack.lastUpstream().body).not.toHaveProperty("max_completion_tokens");
  });
});

describe.each(WAYS)("an answer, %s", (_, stream) => {
  it.each([
    ["text", say("emulated-small", "Żółć 👩‍👩‍👧‍👦 and more")],
    ["tool calls", { ...say("emulated-small", "Weather in both Paris and Rome?"), tools: TOOLS }],
    ["usage", { ...say("emulated-small", "Hi"), ...(stream && { stream_options: { include_usage: true } }) }],
    ["bytes in small pieces", say("emulated-small", "Hi there [[fault: drip]]")],
    ["an error in the middle", say("emulated-small", "Hi there [[fault: error-mid]]")],
  ])("comes back byte for byte: %s", async (what, question) => {
    const expected = await post(direct(), { ...question, stream, ...asksUsage(stream) });
    const actual = await post(router(), { ...question, stream, model: "gpt" });
    if (expected.status === 200) {
      const own = await expected.text();
      expect(lasting(await actual.text())).toBe(lasting(what === "usage" ? own : withoutUsage(own)));
      expect(actual.headers.get("content-type")).toBe(expected.headers.get("content-type"));
      expect(actual.status).toBe(200);
    } else {
      // Without streaming the error in the middle is an HTTP error.
      expect([expected.status, actual.status, stream]).toEqual([500, 500, false]);
    }
  });

  it("calls tools and takes their results", async () => {
    const tools = TOOLS;
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "The weather in Lima?" }];
    const first = await ask(stack.client, { model: "gpt", messages, tools }, stream);
    expect(first).toMatchObject({ finish: "tool_calls", calls: [{ name: "get_weather" }] });
    const [call] = first.calls;
    if (!call) throw new Error("no call");
    const { id, ...made } = call;
    messages.push(
      { role: "assistant", tool_calls: [{ id, type: "function", function: made }] },
      { role: "tool", tool_call_id: id, content: "hot" },
    );
    const second = await ask(stack.client, { model: "gpt", messages, tools }, stream);
    expect(second).toMatchObject({ finish: "stop", text: expect.stringContaining("hot") });
  });

  it.each(["cut", "reset-mid"])("that ends in the middle is an error to the client: %s", async (fault) => {
    const response = await post(router(), { ...say("gpt", `Hi there [[fault: ${fault}]]`), stream });
    const text = await response.text();
    expect(response.status).toBe(stream ? 200 : 500);
    expect(text.split("\n\n").at(stream ? -2 : 0)).toContain("upstream_truncated");
    expect(text).not.toContain("[DONE]");
  });

  it("is Bedrock's or the other's when the router chooses", async () => {
    const served = new Set<string | null>();
    for (let round = 0; round < 40; round++) {
      const reply = await ask(stack.client, say("auto", `Round ${round}`), stream);
      expect(reply.text).toContain(`Round ${round}`);
      served.add(reply.headers.get("x-router-model"));
    }
    expect([...served].sort()).toEqual(["claude", "gpt", "local"]);
  });
});

describe.each(WAYS)("an upstream's refusal, %s", (_, stream) => {
  it.each([
    ["400", 400],
    ["404", 404],
    ["413", 413],
    ["422", 422],
    ["429", 429],
    ["throttle 9", 429],
  ])("of the request itself is handed on: %s", async (fault, status) => {
    const question = { ...say("emulated-small", `[[fault: ${fault}]]`), stream };
    const expected = await post(direct(), question);
    const actual = await post(router(), { ...question, model: "gpt" });
    expect([actual.status, expected.status]).toEqual([status, status]);
    expect(await actual.text()).toBe(await expected.text());
    expect(actual.headers.get("content-type")).toMatch(/^application\/json/);
    expect(actual.headers.get("x-should-retry")).toBe(String(status === 429));
    if (status === 429) expect(actual.headers.get("retry-after")).toBe(fault === "429" ? "1" : "9");
  });

  it.each([
    ["401", "upstream_credentials_rejected", "false"],
    ["402", "upstream_credentials_rejected", "false"],
    ["403", "upstream_credentials_rejected", "false"],
    ["500", "upstream_error", "true"],
    ["503", "upstream_unavailable", "true"],
    ["html", "upstream_unavailable", "true"],
    ["wrong-type", "upstream_error", "true"],
    ["redirect", "config_invalid", "false"],
    ["reset", "upstream_unreachable", "true"],
  ])("of the router is the router's: %s is 500 %s", async (fault, code, again) => {
    const before = stack.emulator.requests.length;
    const error = await failureOf(ask(stack.client, say("gpt", `[[fault: ${fault}]]`), stream));
    expect(error).toMatchObject({ status: 500, code, type: "server_error" });
    expect(error.headers?.get("x-should-retry")).toBe(again);
    expect(error.message).not.toMatch(/emul\*+|acct-|proj-|emulator-openai-key|credits|html>|127\.0\.0\.1/);
    // A redirect was not followed.
    expect(stack.emulator.requests).toHaveLength(before + 1);
  });

  it("of a prompt that is too long has the words on which agents shorten it", async () => {
    const error = await failureOf(ask(stack.client, say("gpt", "[[fault: too-long]]"), stream));
    expect(error).toMatchObject({ status: 400, code: "context_length_exceeded" });
    expect(error.message).toContain("maximum context length");
  });

  it("of the configured key says where to put it right", async () => {
    const wrong = await failureOf(ask(stack.client, say("wrong-key", "Hi"), stream));
    expect(wrong).toMatchObject({ status: 500, code: "upstream_credentials_rejected" });
    expect(wrong.message).toContain("llms.wrong-key.api_key");
    expect(wrong.message).not.toContain("sk-upstream-wrong");
    const missing = await failureOf(ask(stack.client, say("keyless", "Hi"), stream));
    expect(missing).toMatchObject({ status: 500, code: "api_key_missing" });
    expect(missing.message).toContain("OPENAI_API_KEY");
  });

  it("to answer in time is a timeout", async () => {
    const error = await failureOf(ask(stack.client, say("patient", "[[fault: hang]]"), stream));
    expect(error).toMatchObject({ status: 500, code: "upstream_timeout" });
    const record = stack.lastUpstream();
    await eventually(() => record.outcome === "aborted-by-client");
  });
});

describe.each(WAYS)("with serve.show_model_prefix, %s", (_, stream) => {
  it.each(["claude", "gpt"])("%s begins with its name, once", async (model) => {
    const reply = await ask(prefixed.client, say(model, "Hi"), stream);
    expect(reply.text).toBe(`[${model}] You asked: "Hi" That is all the emulator knows.`);
  });

  it.each(["claude", "gpt"])("%s does not where it only calls a tool or has to write JSON", async (model) => {
    const forced = { ...say(model, "Lima"), tools: TOOLS, tool_choice: "required" as const };
    expect(await ask(prefixed.client, forced, stream)).toMatchObject({ text: "", finish: "tool_calls" });
    const response_format = { type: "json_object" as const };
    const { text } = await ask(prefixed.client, { ...say(model, "Some JSON"), response_format }, stream);
    expect(text).toMatch(/^[^[]/);
  });

  it.each(["claude", "gpt"])("%s does not see the prefixes of earlier answers", async (model) => {
    const earlier = ["[gpt] One", "[claude] Two", "[someone] Three", " [gpt] Four", "[gpt]Five"];
    const messages = earlier.flatMap((content) => [
      { role: "user" as const, content: "[gpt] next" },
      { role: "assistant" as const, content },
    ]);
    await ask(prefixed.client, { model, messages: [...messages, { role: "user", content: "Hi" }] }, stream);
    const seen = objectsIn(asObject(prefixed.lastUpstream().body).messages).map(({ role, content }) => [
      role,
      typeof content === "string" ? content : objectsIn(content)[0]?.text,
    ]);
    const texts = (wanted: string) => seen.filter(([role]) => role === wanted).map(([, text]) => text);
    expect(texts("assistant")).toEqual(["One", "Two", "[someone] Three", " [gpt] Four", "[gpt]Five"]);
    expect(texts("user").slice(0, -1)).toEqual(earlier.map(() => "[gpt] next"));
  });

  it("an OpenAI-compatible answer keeps its text, finish and usage", async () => {
    const asked = { ...say("gpt", "Hi 👋 there"), ...asksUsage(stream) };
    const plain = await ask(stack.client, asked, stream);
    const reply = await ask(prefixed.client, asked, stream);
    expect(reply).toMatchObject({ text: `[gpt] ${plain.text}`, finish: plain.finish, model: "gpt" });
    // The answer is the router's own where a name goes in: the counts are the upstream's.
    const { prompt_tokens, completion_tokens, total_tokens } = asObject(plain.usage);
    expect(reply.usage).toMatchObject({ prompt_tokens, completion_tokens, total_tokens });
  });
});
