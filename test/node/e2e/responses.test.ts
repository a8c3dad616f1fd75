/** OpenAI Responses through the whole stack, with OpenAI's own client: every kind of model, kept, chained, in the background, resumed. */
import type OpenAI from "openai";
import type { Response as OpenAiResponse, ResponseStreamEvent } from "openai/resources/responses/responses";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { schema } from "../../support/openai-schemas.ts";
import { awsBindings, CLIENT_KEY, openAiClient, type Stack, startStack } from "../../support/stack.ts";

const OTHER_KEY = "sk-another-client-key";
const MODELS = ["sonnet", "nova", "gpt-oss", "gpt"] as const;
const TOOLS = [
  {
    type: "function" as const,
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    strict: false,
  },
];

let stack: Stack;
let client: OpenAI;
beforeAll(async () => {
  const bedrock = (model: string) => ({ provider: "bedrock", model });
  stack = await startStack({
    bindings: (emulator) => ({
      ...awsBindings(emulator),
      ROUTER_API_KEYS: `one=${CLIENT_KEY},two=${OTHER_KEY}`,
    }),
    config: (emulator) => ({
      llms: {
        sonnet: bedrock("us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        nova: bedrock("us.amazon.nova-pro-v1:0"),
        "gpt-oss": bedrock("openai.gpt-oss-120b-1:0"),
        gpt: {
          ...{ provider: "acme", model: "emulated-small" },
          ...{ base_url: emulator.openaiUrl, api_key: emulator.openaiKey },
        },
      },
    }),
  });
  client = stack.client;
}, 60_000);
afterAll(() => stack?.close());

async function streamed(body: JsonObject): Promise<ResponseStreamEvent[]> {
  const stream = await client.responses.create({ model: "sonnet", input: "Hi", ...body, stream: true });
  const events: ResponseStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

function last(events: readonly ResponseStreamEvent[]): OpenAiResponse {
  const event = events.at(-1);
  if (event?.type === "response.completed" || event?.type === "response.incomplete") return event.response;
  throw new Error(`the stream ended in ${event?.type}`);
}

const eventProblems = schema("ResponseStreamEvent");
const responseProblems = schema("Response");

describe.each(MODELS)("a response of %s", (model) => {
  it("is the model's text, streamed as whole, in events of OpenAI's schema", async () => {
    const events = await streamed({ model, input: "Hello edge", store: false });
    expect(events.flatMap((event) => eventProblems(event))).toEqual([]);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual([...events.keys()]);
    const whole = await client.responses.create({ model, input: "Hello edge", store: false });
    expect(responseProblems(whole)).toEqual([]);
    expect(whole.output_text).toContain("Hello edge");
    expect(textOf(last(events))).toBe(whole.output_text);
    expect(whole).toMatchObject({ model, store: false, status: "completed" });
    expect(whole.usage?.total_tokens).toBeGreaterThan(0);
  });

  it("folds in the client's own accumulator", async () => {
    const stream = client.responses.stream({
      model,
      input: "Weather in Oslo? Use get_weather",
      tools: TOOLS,
      store: false,
    });
    const final = await stream.finalResponse();
    expect(final.output.some(({ type }) => type === "function_call")).toBe(true);
  });

  it("goes through a tool loop on what was kept, without a pause", async () => {
    const first = await client.responses.create({
      model,
      input: "Weather in Oslo? Use get_weather",
      tools: TOOLS,
    });
    const call = first.output.find((item) => item.type === "function_call");
    expect(call).toMatchObject({ name: "get_weather", status: "completed" });
    const second = await client.responses.create({
      ...{ model, tools: TOOLS, previous_response_id: first.id },
      input: [
        {
          type: "function_call_output",
          call_id: call?.type === "function_call" ? call.call_id : "",
          output: "12 degrees",
        },
      ],
    });
    expect(second.output_text).toContain("12 degrees");
    expect(second.previous_response_id).toBe(first.id);
  });
});

function textOf(response: OpenAiResponse): string {
  return response.output
    .flatMap((item) => (item.type === "message" ? item.content : []))
    .map((part) => (part.type === "output_text" ? part.text : ""))
    .join("");
}

/** What a client sends back of an answer's turn. */
function callsAnd({ output }: OpenAiResponse) {
  return output.flatMap((item) => (item.type === "function_call" || item.type === "reasoning" ? [item] : []));
}

describe("reasoning", () => {
  it("comes back from the client, and reaches the model as it was", async () => {
    const asked = {
      reasoning: { effort: "low", summary: "auto" },
      include: ["reasoning.encrypted_content"],
    } as const;
    const input = "Weather in Oslo? Use get_weather";
    const first = await client.responses.create({
      model: "sonnet",
      input,
      tools: TOOLS,
      store: false,
      ...asked,
      include: [...asked.include],
    });
    const call = first.output.find((item) => item.type === "function_call");
    const reasoning = first.output.find((item) => item.type === "reasoning");
    expect(reasoning?.type === "reasoning" && reasoning.encrypted_content).toBeTruthy();
    const callId = call?.type === "function_call" ? call.call_id : "";
    const second = await client.responses.create({
      ...{ model: "sonnet", tools: TOOLS, store: false, ...asked, include: [...asked.include] },
      input: [
        { role: "user", content: input },
        ...callsAnd(first),
        { type: "function_call_output", call_id: callId, output: "12" },
      ],
    });
    expect(second.status).toBe("completed");
    const sent = objectsIn(asObject(stack.lastUpstream().body).messages);
    const kinds = sent.flatMap(({ content }) => objectsIn(content).map(({ type }) => type));
    expect(kinds).toContain("thinking");
  });

  it("is kept with a stored response, although the client did not ask for it", async () => {
    const input = "Weather in Oslo? Use get_weather";
    const reasoning = { effort: "low" as const };
    const first = await client.responses.create({ model: "sonnet", input, tools: TOOLS, reasoning });
    expect(JSON.stringify(first.output)).not.toContain("encrypted_content");
    const call = first.output.find((item) => item.type === "function_call");
    const callId = call?.type === "function_call" ? call.call_id : "";
    await client.responses.create({
      ...{ model: "sonnet", tools: TOOLS, reasoning, previous_response_id: first.id },
      input: [{ type: "function_call_output", call_id: callId, output: "12" }],
    });
    expect(JSON.stringify(stack.lastUpstream().body)).toContain('"thinking"');
  });
});

describe("what is kept", () => {
  it("is found by its id, its items by theirs, and by nobody else", async () => {
    const first = await client.responses.create({ model: "sonnet", input: "Hello edge" });
    expect(await client.responses.retrieve(first.id)).toMatchObject({ id: first.id, output: first.output });
    const items = await client.responses.inputItems.list(first.id);
    const asked = { type: "message", role: "user", content: [{ type: "input_text", text: "Hello edge" }] };
    expect(items.data).toMatchObject([asked]);
    const reference = first.output[0]?.id ?? "";
    const second = await client.responses.create({
      model: "sonnet",
      input: [
        { role: "user", content: "Hello edge" },
        { type: "item_reference", id: reference },
        { role: "user", content: "And now?" },
      ],
    });
    expect(second.status).toBe("completed");
    const upstream = stack.lastUpstream().body;
    expect(JSON.stringify(upstream)).toContain("Hello edge");
    // OpenAI's own type of a reference may leave its type out.
    await client.responses.create({
      model: "sonnet",
      input: [
        { role: "user", content: "Hello edge" },
        { id: reference } as never,
        { role: "user", content: "And now?" },
      ],
    });
    expect(stack.lastUpstream().body).toEqual(upstream);
    const past = [
      { id: null, role: "user", content: "A" },
      { role: "assistant", content: "B" },
      { role: "user", content: [] },
    ];
    const third = await client.responses.create({ model: "sonnet", input: past as never });
    const [user, assistant, empty] = (await client.responses.inputItems.list(third.id, { order: "asc" }))
      .data;
    expect(user).toMatchObject({
      ...asked,
      id: expect.any(String),
      content: [{ type: "input_text", text: "A" }],
    });
    expect(assistant).toMatchObject({ content: [{ type: "output_text", text: "B", annotations: [] }] });
    expect(empty).toMatchObject({ content: [] });
    const other = openAiClient(stack.url, OTHER_KEY);
    await expect(other.responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 });
    await expect(
      other.responses.create({ model: "sonnet", input: "x", previous_response_id: first.id }),
    ).rejects.toMatchObject({ status: 400, code: "previous_response_not_found" });
    const borrowed = other.responses.create({
      model: "sonnet",
      input: [{ type: "item_reference", id: reference }],
    });
    await expect(borrowed).rejects.toMatchObject({ status: 400, param: "input[0]" });
  });

  it("is gone once it is deleted", async () => {
    const { id } = await client.responses.create({ model: "sonnet", input: "Hello" });
    await client.responses.delete(id);
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({
      status: 404,
      code: "response_not_found",
    });
    await expect(client.responses.delete(id)).rejects.toMatchObject({ status: 404 });
  });

  it("stays when one before it is deleted, and nothing goes on from there", async () => {
    const { id: first } = await client.responses.create({ model: "sonnet", input: "One" });
    const next = { model: "sonnet", input: "Two", previous_response_id: first };
    const { id: second } = await client.responses.create(next);
    await client.responses.delete(first);
    expect(await client.responses.retrieve(second)).toMatchObject({ id: second, status: "completed" });
    await expect(
      client.responses.create({ model: "sonnet", input: "Three", previous_response_id: second }),
    ).rejects.toMatchObject({ status: 400, code: "previous_response_not_found" });
    await expect(client.responses.inputItems.list(second)).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining("a response before it was deleted"),
    });
  });

  it("is nothing where the client says so", async () => {
    const { id } = await client.responses.create({ model: "sonnet", input: "Hello", store: false });
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  it("does not shift how the client counts its own items, streamed, whole and in the background", async () => {
    const image_url = "data:image/png;base64,iVBORw0KGgo=";
    const image = {
      role: "user" as const,
      content: [{ type: "input_image" as const, image_url, detail: "auto" as const }],
    };
    const ask = (more: object) => client.responses.create({ model: "gpt-oss", ...more });
    const first = await client.responses.create({ model: "sonnet", input: [image] });
    const previous_response_id = (await ask({ input: "Hello" })).id;
    const wrong = (more: object) => ask({ previous_response_id, ...more });
    const refusal = (param: string) => ({
      status: 400,
      param,
      message: expect.not.stringContaining("input[2]"),
    });
    await expect(wrong({ input: [{ type: "nonsense" }] })).rejects.toMatchObject(refusal("input[0].type"));
    await expect(wrong({ input: [image] })).rejects.toMatchObject(refusal("input[0].content[0]"));
    const inStream = wrong({ input: [image], stream: true });
    await expect(inStream).rejects.toMatchObject(refusal("input[0].content[0]"));
    const count = client.responses.inputTokens.count({
      previous_response_id,
      input: [{ type: "message" } as never],
    });
    await expect(count).rejects.toMatchObject(refusal("input[0].role"));
    for (const input of [null, 5, { role: "user", content: "x" }]) {
      await expect(ask({ input })).rejects.toMatchObject(refusal("input"));
    }
    // A picture of an earlier turn is nowhere in this request.
    const seen = ask({ input: "x", previous_response_id: first.id });
    await expect(seen).rejects.toMatchObject(refusal("previous_response_id"));
    const events: ResponseStreamEvent[] = [];
    const run = await client.responses.create({
      ...{ model: "gpt-oss", input: [image], previous_response_id },
      ...{ background: true, stream: true },
    });
    for await (const event of run) events.push(event);
    expect(events.at(-2)).toMatchObject({ type: "error", param: "input[0].content[0]" });
  });

  it("can be followed by two answers", async () => {
    const first = await client.responses.create({ model: "sonnet", input: "My name is Ada" });
    const follow = (input: string) =>
      client.responses.create({ model: "sonnet", input, previous_response_id: first.id });
    const [one, two] = await Promise.all([follow("one"), follow("two")]);
    expect(one.id).not.toBe(two.id);
    await follow("three");
    expect(JSON.stringify(stack.lastUpstream().body)).not.toContain('"two"');
  });
});

describe("in the background", () => {
  const slow = "[[pace 60]] [[repeat 30 word]]";

  it("answers at once, and is whole later", async () => {
    const queued = await client.responses.create({ model: "sonnet", input: slow, background: true });
    expect(queued).toMatchObject({ status: "queued", background: true });
    const done = await finished(queued.id);
    expect(done.status).toBe("completed");
    expect(textOf(done)).toContain("word word");
  });

  it("is resumed behind any event, with exactly what was missed and then the live rest", async () => {
    const stream = await client.responses.create({
      model: "sonnet",
      input: slow,
      background: true,
      stream: true,
    });
    const seen: ResponseStreamEvent[] = [];
    for await (const event of stream) {
      seen.push(event);
      if (seen.length === 8) break;
    }
    const first = seen[0];
    const id = first?.type === "response.created" ? first.response.id : "";
    for (const after of [-1, 0, 3, 7]) {
      const rest = await resumed(id, after);
      expect(rest.map(({ sequence_number }) => sequence_number)).toEqual(
        Array.from({ length: rest.length }, (_, index) => after + 1 + index),
      );
      expect(last(rest).status).toBe("completed");
      expect(rest.slice(0, 7 - after)).toEqual(seen.slice(after + 1, 8));
    }
  });

  it("is no ground for another answer before it is whole", async () => {
    const { id } = await client.responses.create({ model: "sonnet", input: slow, background: true });
    const next = () => client.responses.create({ model: "sonnet", input: "x", previous_response_id: id });
    await expect(next()).rejects.toMatchObject({ status: 400, param: "previous_response_id" });
    await finished(id);
    expect((await next()).status).toBe("completed");
    expect(JSON.stringify(stack.lastUpstream().body)).toContain("word word");
  });

  it("is cancelled on demand", async () => {
    const { id } = await client.responses.create({ model: "sonnet", input: slow, background: true });
    expect((await client.responses.cancel(id)).status).toBe("cancelled");
    // The client adds `output_text`.
    const { output_text: _, ...told } = await client.responses.retrieve(id);
    expect(told).toMatchObject({ status: "cancelled", error: null });
    // Whoever followed it sees the same, and no error: it is what somebody wanted.
    const events = await resumed(id, -1);
    expect(events.map(({ type }) => type)).not.toContain("error");
    expect(events.at(-1)).toMatchObject({ type: "response.failed", response: told });
    expect(events.flatMap((event) => eventProblems(event))).toEqual([]);
  });

  it("is refused where nothing is kept, and to a client that has four already", async () => {
    await expect(
      client.responses.create({ model: "sonnet", input: "x", background: true, store: false }),
    ).rejects.toMatchObject({ status: 400, param: "background" });
    const start = () => client.responses.create({ model: "sonnet", input: slow, background: true });
    const four = [await start(), await start(), await start(), await start()];
    await expect(start()).rejects.toMatchObject({ status: 429 });
    await Promise.all(four.map(({ id }) => client.responses.cancel(id)));
    const again = await start();
    await client.responses.cancel(again.id);
  });

  async function finished(id: string): Promise<OpenAiResponse> {
    for (;;) {
      const response = await client.responses.retrieve(id);
      if (response.status !== "queued" && response.status !== "in_progress") return response;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function resumed(id: string, after: number): Promise<ResponseStreamEvent[]> {
    const stream = await client.responses.retrieve(id, { stream: true, starting_after: after });
    const events: ResponseStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    return events;
  }
});

describe("a failure in the eyes of OpenAI's client", () => {
  const says = (input: string) => () => client.responses.create({ model: "sonnet", input, store: false });
  const cases: readonly (readonly [
    name: string,
    status: number,
    work: () => PromiseLike<unknown>,
    more?: object,
  ])[] = [
    ["BadRequestError", 400, says("[[fault: too-long]] x"), { code: "context_length_exceeded" }],
    [
      "BadRequestError",
      400,
      () => client.responses.create({ model: "sonnet", input: "x", temperature: 3 }),
      { param: "temperature" },
    ],
    [
      "AuthenticationError",
      401,
      () => openAiClient(stack.url, "sk-nobody-knows-this-key").responses.create({ input: "x" }),
    ],
    ["NotFoundError", 404, () => client.responses.retrieve("resp_unknown"), { code: "response_not_found" }],
    ["RateLimitError", 429, says("[[fault: throttle]] x"), { code: "rate_limit_exceeded" }],
    ["InternalServerError", 500, says("[[fault: internal]] x"), { code: "upstream_error" }],
    ["InternalServerError", 500, says("[[fault: model-access]] x"), { code: "bedrock_model_access_denied" }],
  ];

  it.each(cases.map(([name, status, work, more = {}]) => ({ name, status, work, more })))(
    "is a $name of status $status, case %#",
    async ({ name, status, work, more }) => {
      const error: unknown = await Promise.resolve(work()).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ status, ...more });
      expect(Object(error).constructor.name).toBe(name);
    },
  );

  it("in a stream is error, then response.failed, each of OpenAI's schema", async () => {
    const events = await streamed({ input: "[[fault: cut]] Hello there", store: false });
    expect(events.slice(-2).map(({ type }) => type)).toEqual(["error", "response.failed"]);
    expect(events.flatMap((event) => eventProblems(event))).toEqual([]);
  });
});

describe("a failure", () => {
  it("before the head is a real status; after it, error and response.failed", async () => {
    await expect(
      client.responses.create({ model: "sonnet", input: "[[fault: validation]] x", store: false }),
    ).rejects.toMatchObject({ status: expect.any(Number) });
    const response = await fetch(`${stack.url}/v1/responses`, {
      method: "POST",
      headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "sonnet", input: "[[fault: cut]] Hello there", stream: true }),
    });
    const text = await response.text();
    expect(text).toMatch(/event: error\ndata: .*upstream_truncated/);
    expect(text).toMatch(/event: response\.failed\ndata: [^\n]*\n\n$/);
  });

  it("of input tokens there is a guess, never 0", async () => {
    const count = await client.responses.inputTokens.count({
      model: "sonnet",
      input: "Hello edge",
      tools: TOOLS,
    });
    expect(count.input_tokens).toBeGreaterThan(5);
  });
});
