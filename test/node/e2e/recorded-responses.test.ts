/**
 * What clients of Responses really send, to every family that has tools: each is answered in valid events, and what the model got
 * holds every tool, every result and every image. Requests of our own making are always there, recorded ones where they are at hand.
 */
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { schema } from "../../support/openai-schemas.ts";
import {
  offeredTools,
  recordedRequests,
  TOOL_MODELS,
  textsOf,
  toolModelSettings,
} from "../../support/recorded-requests.ts";
import { awsBindings, CLIENT_KEY, type Stack, startStack } from "../../support/stack.ts";

const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const PICTURE = { type: "input_image", detail: "auto", image_url: `data:image/png;base64,${PNG}` };
const says = (role: string, text: string) => ({
  type: "message",
  role,
  content: [{ type: role === "assistant" ? "output_text" : "input_text", text }],
});
const called = (call_id: string, name: string, more: JsonObject = {}) => ({
  ...{ type: "function_call", call_id, name, arguments: '{"path":"a"}', ...more },
});
const output = (call_id: string, result: unknown, type = "function_call_output") => ({
  ...{ type, call_id, output: result },
});
const tool = (name: string) => ({
  type: "function",
  name,
  description: `Does ${name}`,
  strict: false,
  parameters: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
});
const PATCH = {
  type: "custom",
  name: "apply_patch",
  description: "Edits files",
  format: { type: "grammar", syntax: "lark", definition: 'start: "*** Begin Patch" /.+/' },
};
const SPACE = {
  type: "namespace",
  name: "notes",
  description: "Notes",
  tools: [tool("read"), tool("write")],
};
const PATCHED = "*** Begin Patch\n*** Add File: note.txt\n+hello\n*** End Patch\n";

/** By what each is about. */
const OWN: Readonly<Record<string, JsonObject>> = {
  "two calls at once, their results in another order": {
    tools: [tool("read"), tool("list")],
    input: [
      says("user", "Read and list"),
      ...[says("assistant", "I will look."), called("c1", "read"), called("c2", "list")],
      ...[output("c2", "two files"), output("c1", [{ type: "input_text", text: "first result" }])],
    ],
  },
  "a patch tool, a namespace and hosted tools": {
    tools: [tool("read"), PATCH, SPACE, { type: "web_search" }, { type: "tool_search" }],
    input: [
      says("user", "Patch it"),
      { type: "custom_tool_call", call_id: "c1", name: "apply_patch", input: PATCHED },
      called("c2", "read", { namespace: "notes" }),
      output("c1", "Success. Updated note.txt", "custom_tool_call_output"),
      output("c2", "a note"),
    ],
  },
  "tools among the items": {
    input: [{ type: "additional_tools", role: "developer", tools: [SPACE, PATCH] }, says("user", "Hello")],
  },
  "a history of calls without any tools": {
    tools: [],
    input: [
      says("user", "Read"),
      called("c1", "read"),
      output("c1", "the result"),
      says("user", "Sum it up"),
    ],
  },
  "a picture, and one in a result": {
    tools: [tool("view")],
    input: [
      { role: "user", content: [{ type: "input_text", text: "Look" }, PICTURE] },
      ...[called("c1", "view"), output("c1", [PICTURE])],
    ],
  },
  "an end that the assistant had said": {
    input: [says("user", "Hello"), says("assistant", "Half of an ans")],
  },
};

/** Models that nothing can bring to answer in a strict schema beside tools of the client's. */
const WITHOUT_SCHEMA = ["command-r", "jamba", "llama-by-converse"];
const MODELS = [...TOOL_MODELS.keys(), "gpt"];
const RECORDED = recordedRequests(
  /^(?:codex|openai-sdk-responses|ai-sdk-openai|openai-agents|langchain-responses|opencode-responses|openclaw-responses)-?(?!.*embeddings)/,
);
const REQUESTS = [
  ...Object.entries(OWN).map(([name, body]) => ({
    name,
    path: "/v1/responses",
    body: { ...body, store: false },
  })),
  ...RECORDED,
];

let stack: Stack;
let client: OpenAI;
beforeAll(async () => {
  console.log(`responses: ${RECORDED.length} recorded requests`);
  stack = await startStack({
    bindings: awsBindings,
    config: (emulator) => ({
      llms: {
        ...toolModelSettings(),
        gpt: {
          ...{ provider: "acme", model: "emulated-small" },
          ...{ base_url: emulator.openaiUrl, api_key: emulator.openaiKey },
        },
      },
    }),
  });
  client = stack.client;
});
afterAll(() => stack?.close());

const eventProblems = schema("ResponseStreamEvent");
const responseProblems = schema("Response");

describe.each(MODELS)("by %s", (model) => {
  const sees = TOOL_MODELS.get(model)?.images ?? true;
  const reads = TOOL_MODELS.get(model)?.files ?? true;

  it.each(REQUESTS)("$name", async ({ path, body }) => {
    const asked: JsonObject = { ...(await ownReferences(model, body)), model };
    const response = await post(path, asked);
    const text = await response.text();
    const hidden = [...(sees ? [] : imagesOf(asked)), ...(reads ? [] : filesOf(asked))];
    const beyond = [
      ...(hidden.length > 0 ? [/^input\[\d+\]\.(?:content|output)\[\d+\]/] : []),
      ...(isStrict(asked) && WITHOUT_SCHEMA.includes(model) ? [/^text\.format$/] : []),
    ];
    if (beyond.length > 0) {
      // What a model cannot do is refused by name, in the client's words.
      const { param } = asObject(asObject(JSON.parse(text)).error);
      expect([response.status, beyond.some((name) => name.test(asString(param)))]).toEqual([400, true]);
      return;
    }
    if (response.status !== 200) expect(text).toBe("an answer");
    if (path.endsWith("input_tokens")) return;
    check(text, asked.stream === true);
    const sent = stack.lastUpstream().body;
    const tools = toolsOf(asked);
    if (tools.length > 0)
      expect(offeredTools(sent).map(plain).filter(isClients).toSorted()).toEqual(tools.toSorted());
    const texts = textsOf(sent);
    expect(resultsOf(asked).filter((result) => !isIn(texts, result))).toEqual([]);
    const wanted = imagesOf(asked);
    expect(texts.split(PNG).length - 1).toBe(wanted.length);
    const named = response.headers.get("x-router-dropped-params") ?? "";
    for (const kind of hostedOf(asked)) expect(named).toContain(`tools.${kind}`);
  });
});

function post(path: string, body: JsonObject): Promise<Response> {
  return fetch(stack.url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** The answer is whole and of OpenAI's schema. */
function check(text: string, streams: boolean): void {
  if (!streams) {
    const whole: unknown = JSON.parse(text);
    expect(responseProblems(whole)).toEqual([]);
    expect(asObject(whole).status).toBe("completed");
    return;
  }
  const events = text
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map((line): unknown => JSON.parse(line.slice(6)));
  expect(events.flatMap((event) => eventProblems(event))).toEqual([]);
  expect(asObject(events.at(-1)).type).toBe("response.completed");
}

/** The request with references to answers that are kept here, in the place of those of another time. */
async function ownReferences(model: string, body: JsonObject): Promise<JsonObject> {
  const items = objectsIn(body.input);
  if (typeof body.previous_response_id === "string") {
    const first = await client.responses.create({
      ...{ model, input: "Weather in Oslo? Use get_weather" },
      tools: [{ ...tool("get_weather"), type: "function" }],
    });
    const call = first.output.find((item) => item.type === "function_call");
    const input = items.map((item) => ({ ...item, call_id: call?.call_id }));
    return { ...body, previous_response_id: first.id, input };
  }
  if (!items.some(({ type }) => type === "item_reference")) return body;
  const kept = await client.responses.create({ model, input: "Hello" });
  const id = kept.output.find((item) => item.type === "message")?.id;
  return { ...body, input: items.map((item) => (item.type === "item_reference" ? { ...item, id } : item)) };
}

interface Listed {
  readonly name: string;
  readonly hosted: boolean;
}

function listed(tools: unknown, space = ""): Listed[] {
  return objectsIn(tools).flatMap((entry) => {
    if (entry.type === "namespace") return listed(entry.tools, `${asString(entry.name)}__`);
    const hosted = entry.type !== "function" && entry.type !== "custom";
    return [{ name: hosted ? asString(entry.type) : plain(space + asString(entry.name)), hosted }];
  });
}

function everyTool({ tools, input }: JsonObject): Listed[] {
  const among = objectsIn(input).flatMap((item) =>
    item.type === "additional_tools" ? listed(item.tools) : [],
  );
  return [...listed(tools), ...among];
}

/** Names as models get them; Cohere's have letters, digits and underscores only. */
function plain(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, "_");
}

/** The router's own tool for answers in JSON is none of the client's. */
function isClients(name: string): boolean {
  return name !== "router_json_answer";
}

/** Some formats take a result that is JSON as such: then its texts are there. */
function isIn(texts: string, result: string): boolean {
  if (texts.includes(result)) return true;
  return (
    /^[[{]/.test(result) &&
    textsOf(JSON.parse(result))
      .split("\n")
      .every((text) => texts.includes(text))
  );
}

function isStrict({ text }: JsonObject): boolean {
  return asObject(asObject(text).format).strict === true;
}

function toolsOf(body: JsonObject): string[] {
  return everyTool(body).flatMap(({ name, hosted }) => (hosted ? [] : [name]));
}

function hostedOf(body: JsonObject): string[] {
  return everyTool(body).flatMap(({ name, hosted }) => (hosted ? [name] : []));
}

function partsOf(body: JsonObject): JsonObject[] {
  return objectsIn(body.input).flatMap((item) => [...objectsIn(item.content), ...objectsIn(item.output)]);
}

function resultsOf(body: JsonObject): string[] {
  return objectsIn(body.input).flatMap((item) => {
    if (!asString(item.type).endsWith("_output")) return [];
    if (typeof item.output === "string") return [item.output];
    return objectsIn(item.output).flatMap(({ text }) => (typeof text === "string" ? [text] : []));
  });
}

function imagesOf(body: JsonObject): JsonObject[] {
  return partsOf(body).filter(({ type }) => type === "input_image");
}

function filesOf(body: JsonObject): JsonObject[] {
  return partsOf(body).filter(({ type }) => type === "input_file");
}
