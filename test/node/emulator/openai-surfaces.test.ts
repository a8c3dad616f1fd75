/** OpenAI's APIs on Bedrock's own endpoints, and the Responses API of the emulated upstream. */
import { describe, expect, it } from "vitest";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { bodyOf, emulatorHere, postSigned } from "./client.ts";

const emulator = emulatorHere();
const GPT = "us.openai.gpt-5.6-sol";
const HELLO = { model: GPT, messages: [{ role: "user", content: "Hello" }] };

function ask(body: JsonObject): Promise<Response> {
  const { openaiUrl, openaiKey } = emulator();
  const headers = { "content-type": "application/json", authorization: `Bearer ${openaiKey}` };
  return fetch(`${openaiUrl}/responses`, { method: "POST", headers, body: JSON.stringify(body) });
}

async function events(response: Response): Promise<JsonObject[]> {
  const lines = (await response.text()).split("\n").filter((line) => line.startsWith("data: "));
  return lines.map((line) => asObject(JSON.parse(line.slice("data: ".length))));
}

describe("OpenAI's APIs on Bedrock", () => {
  const chat = (body: JsonObject, service = "bedrock") =>
    postSigned(emulator(), "/openai/v1/chat/completions", body, { service });

  it("answer to a signature for the service of their host", async () => {
    expect((await chat(HELLO)).status).toBe(200);
    expect((await chat({ ...HELLO, model: "openai.gpt-5.5" }, "bedrock-mantle")).status).toBe(200);
    expect(
      (await postSigned(emulator(), "/openai/v1/responses", { model: GPT, input: "Hello" })).status,
    ).toBe(200);
  });

  it.each([
    ["a model that only mantle has", { ...HELLO, model: "openai.gpt-5.5" }, "bedrock", 404, /does not exist/],
    ["a profile on mantle", HELLO, "bedrock-mantle", 404, /does not exist/],
    [
      "a closed model without its profile",
      { ...HELLO, model: "openai.gpt-5.6-sol" },
      "bedrock",
      400,
      /inference profile/,
    ],
    [
      "a temperature",
      { ...HELLO, temperature: 1 },
      "bedrock",
      400,
      /doesn't support the temperature field\. Remove temperature/,
    ],
    ["a signature for another service", HELLO, "s3", 401, /scoped to correct service/],
  ])("refuse %s", async (_, body, service, status, message) => {
    const response = await chat(body, service);
    expect(response.status).toBe(status);
    expect(asString(asObject((await bodyOf(response)).error).message)).toMatch(message);
  });
});

describe("the emulated Responses API", () => {
  const tools = [
    {
      type: "function",
      name: "get_weather",
      parameters: { type: "object", properties: { city: { type: "string" } } },
    },
  ];

  it("answers whole and streamed, its events numbered", async () => {
    const whole = await bodyOf(await ask({ model: "emulated-small", input: "Hello" }));
    expect(whole).toMatchObject({ object: "response", status: "completed", output: [{ type: "message" }] });
    const streamed = await events(await ask({ model: "emulated-small", input: "Hello", stream: true }));
    expect(streamed.map(({ sequence_number }) => sequence_number)).toEqual([...streamed.keys()]);
    expect(streamed.at(-1)).toMatchObject({ type: "response.completed" });
  });

  it("calls functions, and thinks where it is asked to", async () => {
    const body = {
      ...{ model: "emulated-small", input: "Weather in Oslo? Use get_weather", tools, stream: true },
      ...{ reasoning: { effort: "low" }, include: ["reasoning.encrypted_content"] },
    };
    const last = asObject((await events(await ask(body))).at(-1)?.response);
    const kinds = objectsIn(last.output).map(({ type }) => type);
    expect(kinds).toContain("function_call");
    expect(objectsIn(last.output).find(({ type }) => type === "reasoning")).toHaveProperty(
      "encrypted_content",
    );
  });

  it.each([
    ["no input", { model: "emulated-small" }, /input/],
    [
      "an output without its call",
      { model: "emulated-small", input: [{ type: "function_call_output", call_id: "a", output: "x" }] },
      /No tool call found/,
    ],
    [
      "a response that it does not keep",
      { model: "emulated-small", input: "Hi", previous_response_id: "resp_x" },
      /not found/,
    ],
  ])("refuses %s", async (_, body, message) => {
    const response = await ask(body);
    expect(response.status).toBe(400);
    expect(asString(asObject((await bodyOf(response)).error).message)).toMatch(message);
  });
});
