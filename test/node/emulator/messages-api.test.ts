/** The emulated Messages API, Anthropic's own and Bedrock's copies, and CountTokens. */
import { describe, expect, it } from "vitest";
import { asObject, type JsonObject } from "../../../emulator/json.ts";
import { TOOL } from "./claude.ts";
import { ask, bodyOf, emulatorHere, expectRefusal, postSigned, refusalOf } from "./client.ts";

const emulator = emulatorHere();
const HELLO = { model: "claude-sonnet-4-5", max_tokens: 100, messages: [{ role: "user", content: "Hello" }] };

function post(
  path: string,
  body: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const { anthropicUrl, anthropicKey } = emulator();
  return fetch(`${anthropicUrl}/v1${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "anthropic-version": "2023-06-01",
      "x-api-key": anthropicKey,
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

async function events(response: Response): Promise<{ name: string; data: JsonObject }[]> {
  const text = await response.text();
  return text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => {
      const [name = "", data = ""] = event.split("\n");
      return { name: name.slice("event: ".length), data: asObject(JSON.parse(data.slice("data: ".length))) };
    });
}

describe("the emulated API of Anthropic", () => {
  it("answers whole and streamed, each event under its name", async () => {
    const whole = await bodyOf(await post("/messages", HELLO));
    expect(whole).toMatchObject({ type: "message", role: "assistant", stop_reason: "end_turn" });
    const streamed = await events(await post("/messages", { ...HELLO, stream: true }));
    expect(streamed.every(({ name, data }) => name === data.type)).toBe(true);
    expect(streamed.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["message_start", "ping", "content_block_delta", "message_stop"]),
    );
  });

  it("takes what only it takes, and refuses what Claude refuses", async () => {
    const more = { service_tier: "auto", metadata: { user_id: "{}" }, cache_control: { type: "ephemeral" } };
    expect((await post("/messages", { ...HELLO, ...more })).status).toBe(200);
    const refused = await post("/messages", { ...HELLO, max_tokens: 0 });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
    const unknown = await post("/messages", { ...HELLO, model: "claude-none" });
    expect(unknown.status).toBe(404);
  });

  it("wants its key", async () => {
    const response = await post("/messages", HELLO, { "x-api-key": "wrong" });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { type: "authentication_error" } });
  });

  it("counts tokens, tools among them", async () => {
    const { max_tokens: _, ...body } = HELLO;
    const plain = await bodyOf(await post("/messages/count_tokens", body));
    const tools = await bodyOf(await post("/messages/count_tokens", { ...body, tools: [TOOL] }));
    expect(Number(tools.input_tokens)).toBeGreaterThan(Number(plain.input_tokens));
  });

  it("fails on demand, before the stream and in it", async () => {
    const throttled = await post("/messages", {
      ...HELLO,
      messages: [{ role: "user", content: "[[fault: throttle 3]]" }],
    });
    expect([throttled.status, throttled.headers.get("retry-after")]).toEqual([429, "3"]);
    const cut = {
      ...HELLO,
      stream: true,
      messages: [{ role: "user", content: "[[fault: error-mid]] Hello" }],
    };
    expect((await events(await post("/messages", cut))).at(-1)?.data).toMatchObject({ type: "error" });
  });
});

describe("Bedrock's copies of it", () => {
  const body = { ...HELLO, model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" };
  const version = { "anthropic-version": "2023-06-01" };

  it("take a signature for the service of their host", async () => {
    const runtime = await postSigned(emulator(), "/anthropic/v1/messages", body, { headers: version });
    expect(runtime.status).toBe(200);
    const mantle = { ...HELLO, model: "anthropic.claude-opus-4-7" };
    const signed = { headers: version, service: "bedrock-mantle" };
    expect((await postSigned(emulator(), "/anthropic/v1/messages", mantle, signed)).status).toBe(200);
    const wrong = await postSigned(emulator(), "/anthropic/v1/messages", body, {
      headers: version,
      service: "s3",
    });
    expect(wrong.status).toBe(401);
  });

  it("count tokens on mantle only", async () => {
    const runtime = await postSigned(emulator(), "/anthropic/v1/messages/count_tokens", body, {
      headers: version,
    });
    expect(await runtime.json()).toMatchObject({
      Output: { __type: expect.stringContaining("UnknownOperation") },
    });
    const mantle = { ...HELLO, model: "anthropic.claude-opus-4-7" };
    const signed = { headers: version, service: "bedrock-mantle" };
    const counted = await postSigned(emulator(), "/anthropic/v1/messages/count_tokens", mantle, signed);
    expect(asObject(await counted.json()).input_tokens).toBeGreaterThan(0);
  });
});

describe("CountTokens", () => {
  const count = (model: string, input: JsonObject) =>
    postSigned(emulator(), `/model/${encodeURIComponent(model)}/count-tokens`, { input });
  const invokeModel = { body: Buffer.from(JSON.stringify(ask("Hello"))).toString("base64") };

  it("counts a body of InvokeModel and one of Converse", async () => {
    const model = "anthropic.claude-3-haiku-20240307-v1:0";
    expect(asObject(await (await count(model, { invokeModel })).json()).inputTokens).toBeGreaterThan(0);
    const converse = { messages: [{ role: "user", content: [{ text: "Hello" }] }] };
    expect(asObject(await (await count(model, { converse })).json()).inputTokens).toBeGreaterThan(0);
  });

  it("is refused for models that only profiles reach, and for no input", async () => {
    await expectRefusal(
      await count("us.anthropic.claude-sonnet-4-5-20250929-v1:0", { invokeModel }),
      "The provided model doesn't support counting tokens.",
    );
    expect((await refusalOf(await count("anthropic.claude-3-haiku-20240307-v1:0", {}))).status).toBe(400);
  });
});
