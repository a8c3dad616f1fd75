/**
 * What clients of Messages really send, to every family that has tools: each is answered in valid events, and what the model got
 * holds every tool, every result and every image. Requests of our own making are always there, recorded ones where they are at hand.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { anthropicSchema, problemsOf, streamEvents } from "../../support/anthropic-schemas.ts";
import { foldMessage } from "../../support/messages-events.ts";
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
const PICTURE = { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } };
const MARK = { cache_control: { type: "ephemeral" } };
const text = (value: string, more: JsonObject = {}) => ({ type: "text", text: value, ...more });
const user = (...content: JsonObject[]) => ({ role: "user", content });
const assistant = (...content: JsonObject[]) => ({ role: "assistant", content });
const called = (id: string, name: string, more: JsonObject = {}) => ({
  ...{ type: "tool_use", id, name, input: { path: "a" }, ...more },
});
const result = (id: string, content: unknown, more: JsonObject = {}) => ({
  ...{ type: "tool_result", tool_use_id: id, content, ...more },
});
const tool = (name: string, more: JsonObject = {}) => ({
  name,
  description: `Does ${name}`,
  input_schema: {
    type: "object",
    properties: { path: { type: "string" } },
    required: ["path"],
    additionalProperties: false,
  },
  ...more,
});
const BETAS =
  "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,advanced-tool-use-2025-11-20,effort-2025-11-24";
/** An agent's settings for a model that it takes for a current one. */
const AGENT = {
  max_tokens: 128_000,
  stream: true,
  thinking: { type: "adaptive", display: "omitted" },
  context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
  output_config: { effort: "high" },
  metadata: { user_id: '{"device_id":"0","account_uuid":""}' },
};

/** By what each is about. */
const OWN: Readonly<Record<string, JsonObject>> = {
  "two calls at once, their results in another order, one of them a picture, system text between them": {
    ...AGENT,
    system: [text("x-header: a;"), text("You are an agent.", MARK)],
    tools: [tool("Read"), tool("Bash")],
    messages: [
      user(text("<system-reminder>Be kind.</system-reminder>"), text("Look and list")),
      { role: "system", content: "The tools are slow today." },
      assistant(text("I will."), called("toolu_1", "Read"), called("toolu_2", "Bash", MARK)),
      user(result("toolu_2", "two files", { is_error: false }), result("toolu_1", [PICTURE], MARK)),
    ],
  },
  "a step that failed, ids without a sign, and context behind it": {
    ...AGENT,
    thinking: { type: "enabled", budget_tokens: 2048 },
    tools: [tool("Bash", { eager_input_streaming: true })],
    messages: [
      user(text("Try")),
      assistant(called("tooluabc123", "Bash")),
      user(result("tooluabc123", "exit 3: no such file", { is_error: true })),
      user(text("Runtime: now")),
    ],
  },
  "tools that are found when they are needed": {
    ...AGENT,
    tools: [
      tool("Find"),
      tool("Hidden", { defer_loading: true }),
      tool("DeferredToolPlaceholder", { defer_loading: true }),
    ],
    messages: [
      user(text("Find a tool")),
      assistant(called("toolu_1", "Find")),
      user(result("toolu_1", [{ type: "tool_reference", tool_name: "Hidden" }]), text("Tool loaded.")),
    ],
  },
  "a history of calls without any tools": {
    ...AGENT,
    messages: [
      user(text("Read")),
      assistant(called("toolu_1", "Read")),
      user(result("toolu_1", "the result"), text("Sum it up")),
    ],
  },
  "a picture of the user's, in one piece": {
    max_tokens: 1000,
    tools: [tool("Read", { strict: true })],
    messages: [user(PICTURE, text("What is it?"))],
  },
  "two results with text and pictures in each": {
    ...AGENT,
    tools: [tool("View", MARK)],
    messages: [
      user(text("View both")),
      assistant(called("toolu_1", "View"), called("toolu_2", "View")),
      user(result("toolu_1", [text("one"), PICTURE]), result("toolu_2", [text("two"), PICTURE])),
    ],
  },
};

interface Asked {
  readonly name: string;
  readonly path: string;
  readonly headers: JsonObject;
  readonly body: JsonObject;
}

const RECORDED = recordedRequests(
  /^(?:claude-code|anthropic-sdk|ai-sdk-anthropic|opencode-messages|openclaw-messages)-(?!hello|models)/,
);
const REQUESTS: readonly Asked[] = [
  ...Object.entries(OWN).map(([name, body]) => {
    return { name, path: "/v1/messages?beta=true", headers: { "anthropic-beta": BETAS }, body };
  }),
  ...RECORDED,
];

/** Models that decide themselves whether to call a tool. */
const WITHOUT_FORCE = ["command-r", "jamba"];
/** Models that nothing can bring to answer in a strict schema. */
const WITHOUT_SCHEMA = ["command-r", "jamba", "llama-by-converse"];
const MODELS = [...TOOL_MODELS.keys(), "claude-adaptive", "claude-at-anthropic", "gpt"];

let stack: Stack;
beforeAll(async () => {
  console.log(`messages: ${RECORDED.length} recorded requests`);
  stack = await startStack({
    bindings: awsBindings,
    config: (emulator) => ({
      serve: { max_body_bytes: "16MiB" },
      llms: {
        ...toolModelSettings(),
        "claude-adaptive": { provider: "bedrock", model: "global.anthropic.claude-opus-4-7" },
        "claude-at-anthropic": {
          ...{ provider: "anthropic", model: "claude-sonnet-4-5-20250929" },
          ...{ base_url: emulator.anthropicUrl, api_key: emulator.anthropicKey },
        },
        gpt: {
          ...{ provider: "acme", model: "emulated-small" },
          ...{ base_url: emulator.openaiUrl, api_key: emulator.openaiKey },
        },
      },
    }),
  });
});
afterAll(() => stack?.close());

const messageProblems = anthropicSchema("Message");
const errorProblems = anthropicSchema("ErrorResponse");

describe.each(MODELS)("by %s", (model) => {
  const sees = TOOL_MODELS.get(model)?.images ?? true;
  const reads = TOOL_MODELS.get(model)?.files ?? true;

  it.each(REQUESTS)("$name", async ({ path, headers, body }) => {
    const asked: JsonObject = { ...replayable(body), model };
    const response = await post(path, headers, asked);
    const answer = await response.text();
    const beyond = [
      ...(!sees && shownBy(asked, "image") ? [/^messages\.\d+\.content\.\d+/] : []),
      ...(!reads && documentsOf(asked, false).length > 0 ? [/^messages\.\d+\.content\.\d+/] : []),
      ...(isStrict(asked) && WITHOUT_SCHEMA.includes(model) ? [/^output_config\.format/] : []),
      ...(isServedElsewhere(asked) && model !== "claude-at-anthropic" ? [/web_search_/] : []),
      ...(isForced(asked) && WITHOUT_FORCE.includes(model) ? [/^tool_choice: /] : []),
    ];
    if (response.status !== 200 || beyond.length > 0) {
      // What a model cannot do is refused by name, in the client's words.
      const refused: unknown = JSON.parse(answer);
      expect(errorProblems(refused)).toEqual([]);
      const said = asString(asObject(asObject(refused).error).message);
      expect([response.status, said, beyond.some((name) => name.test(said))]).toEqual([400, said, true]);
      return;
    }
    if (path.includes("count_tokens")) {
      expect(asObject(JSON.parse(answer)).input_tokens).toBeGreaterThan(0);
      return;
    }
    check(answer, asked.stream === true, model);
    const sent = stack.lastUpstream().body;
    const tools = toolsOf(asked);
    if (tools.length > 0) {
      const offered = offeredTools(sent).map(plain);
      expect(offered.filter(isClients).toSorted()).toEqual(tools.toSorted());
    }
    const texts = textsOf(sent);
    expect(resultsOf(asked).filter((words) => !texts.includes(words))).toEqual([]);
    expect(documentsOf(asked, true).filter((words) => !texts.includes(words))).toEqual([]);
    const images = imagesOf(asked);
    expect(images.filter((data) => sees !== texts.includes(data))).toEqual([]);
    if (!sees && images.length > 0)
      expect(response.headers.get("x-router-dropped-params")).toContain("images");
  });
});

function post(path: string, headers: JsonObject, body: JsonObject): Promise<Response> {
  return fetch(stack.url + path, {
    method: "POST",
    headers: {
      "x-api-key": CLIENT_KEY,
      "content-type": "application/json",
      "anthropic-version": "2023-06-01",
      "anthropic-beta": asString(headers["anthropic-beta"]),
    },
    body: JSON.stringify(body),
  });
}

/** The answer is whole, in order and of Anthropic's schema. */
function check(answer: string, streams: boolean, model: string): void {
  const events = streams ? streamEvents(answer) : [];
  expect(problemsOf(events)).toEqual([]);
  const message: JsonObject = streams ? foldMessage(events) : asObject(JSON.parse(answer));
  expect(messageProblems(message)).toEqual([]);
  // Of Anthropic's own answer every byte crosses, its name for the model too.
  const name = model === "claude-at-anthropic" ? "claude-sonnet-4-5-20250929" : model;
  expect([message.model, message.role]).toEqual([name, "assistant"]);
  const usage = asObject(message.usage);
  const prompt = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"].map((key) =>
    Number(usage[key] ?? 0),
  );
  expect(prompt.reduce((sum, tokens) => sum + tokens)).toBeGreaterThan(0);
}

/** The request without thinking that no emulated model has signed, and with the picture of a link that leads nowhere. */
function replayable(body: JsonObject): JsonObject {
  return {
    ...body,
    messages: objectsIn(body.messages).map((message) => {
      if (!Array.isArray(message.content)) return message;
      const content = objectsIn(message.content).filter(({ type }) => type !== "thinking");
      return {
        ...message,
        content: content.map((block) => (isLink(block) ? { ...block, ...PICTURE } : block)),
      };
    }),
  };
}

function isLink({ type, source }: JsonObject): boolean {
  return type === "image" && asObject(source).type === "url";
}

/** Whether the user shows something of this kind, and not a tool. */
function shownBy(body: JsonObject, kind: string): boolean {
  return blocksOf(body).some(({ type }) => type === kind);
}

/** The data of what the user shows as documents: of those that are plain text, or of all others. */
function documentsOf(body: JsonObject, plain: boolean): string[] {
  const sources = blocksOf(body).flatMap(({ type, source }) =>
    type === "document" ? [asObject(source)] : [],
  );
  return sources.filter(({ type }) => (type === "text") === plain).map(({ data }) => asString(data));
}

function blocksOf({ messages }: JsonObject): JsonObject[] {
  return objectsIn(messages).flatMap(({ content }) => objectsIn(content));
}

function isStrict({ output_config: output }: JsonObject): boolean {
  return asObject(asObject(output).format).type === "json_schema";
}

function isForced({ tool_choice: choice }: JsonObject): boolean {
  return /^(?:any|tool)$/.test(asString(asObject(choice).type));
}

/** Whether it is about a tool of Anthropic's servers alone. */
function isServedElsewhere({ tools }: JsonObject): boolean {
  return objectsIn(tools).some(({ type }) => asString(type).startsWith("web_search"));
}

/** Names as models get them; Cohere's have letters, digits and underscores only. */
function plain(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, "_");
}

/** Neither the router's own tool for answers in JSON, nor an agent's stand-in for tools that it has not loaded. */
function isClients(name: string): boolean {
  return name !== "router_json_answer" && name !== "DeferredToolPlaceholder";
}

function toolsOf({ tools }: JsonObject): string[] {
  return objectsIn(tools).flatMap(({ name }) => (isClients(asString(name)) ? [plain(asString(name))] : []));
}

function resultsIn(body: JsonObject): JsonObject[] {
  return blocksOf(body).filter(({ type }) => type === "tool_result");
}

function resultsOf(body: JsonObject): string[] {
  return resultsIn(body).flatMap(({ content }) => {
    if (typeof content === "string") return [content];
    return objectsIn(content).flatMap((block) => (block.type === "text" ? [asString(block.text)] : []));
  });
}

/** The data of all pictures. */
function imagesOf(body: JsonObject): string[] {
  const blocks = [...blocksOf(body), ...resultsIn(body).flatMap(({ content }) => objectsIn(content))];
  return blocks.flatMap(({ type, source }) => (type === "image" ? [asString(asObject(source).data)] : []));
}
