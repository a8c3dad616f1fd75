/** What the newest Claude models refuse and take on Bedrock: betas, system messages, typed tools, bound thinking. */
import { describe, expect, it } from "vitest";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import {
  assistant,
  emulatedClaude,
  malformed,
  messages,
  result,
  TOOL,
  text,
  tools,
  use,
  user,
} from "./claude.ts";
import { ask, bodyOf, call, emulatorHere, SONNET_4_5 } from "./client.ts";

const OPUS_4_8 = "us.anthropic.claude-opus-4-8";
const FABLE = "global.anthropic.claude-fable-5-1";
const OPUS_5_5 = "us.anthropic.claude-opus-5-5";
const SONNET_5_5 = "us.anthropic.claude-sonnet-5-5";
const HAIKU_5_5 = "us.anthropic.claude-haiku-5-5";
const system = (value: string) => ({ role: "system", content: value });
const { refusal, refuses } = emulatedClaude();

describe("betas", () => {
  refuses([
    ["a flag that nobody knows", { anthropic_beta: ["claude-code-20250219"] }, "invalid beta flag"],
    [
      "context_management without its flag",
      { context_management: { edits: [] } },
      "context_management: Extra inputs are not permitted",
    ],
    [
      "deferred tools without their flag",
      tools({ ...TOOL, defer_loading: true }),
      "tools.0.custom.defer_loading: Extra inputs are not permitted",
    ],
    [
      "a tool reference without its flag",
      messages(
        user(text("x")),
        assistant(use("a")),
        user(result("a", { content: [{ type: "tool_reference", tool_name: "get_weather" }] })),
      ),
      /content\.0: Extra inputs are not permitted$/,
    ],
    [
      "an effort of one message without its flag",
      messages({ ...user(text("x")), output_config: { effort: "low" } }),
      "messages.0.output_config: Extra inputs are not permitted",
    ],
    ["what only the first API has", tools({ ...TOOL, eager_input_streaming: true }), /extraneous key/],
  ]);

  it("allow what they are for", async () => {
    const body = {
      anthropic_beta: ["context-management-2025-06-27", "tool-search-tool-2025-10-19"],
      context_management: { edits: [] },
      ...tools({ ...TOOL, defer_loading: true }),
    };
    expect(await refusal(body, SONNET_4_5)).toMatchObject({ message: "accepted" });
  });
});

describe("a Messages body of an agent", () => {
  refuses([
    [
      "a user id that is a JSON text",
      { metadata: { user_id: '{"device":"a"}' } },
      /^metadata\.user_id: String should match pattern/,
    ],
    [
      "a tool that only Anthropic runs",
      tools({ type: "web_search_20250305", name: "web_search" }),
      malformed("#/tools/0/type: tool type 'web_search_20250305' is not supported for this model"),
    ],
    [
      "a system message, on most models",
      messages(user(text("x")), system("y")),
      /^messages: Unexpected role "system"/,
    ],
    [
      "a system message before a user's",
      messages(user(text("x")), system("y"), user(text("z"))),
      /^messages\.1: a system message must follow/,
      OPUS_4_8,
    ],
    [
      "a demanded call, on the newest models",
      { ...tools(TOOL), tool_choice: { type: "any" } },
      'tool_choice: type "tool" and "any" are not supported for this model.',
      OPUS_5_5,
    ],
    [
      "no thinking with the highest effort",
      { thinking: { type: "disabled" }, output_config: { effort: "max" } },
      /effort is above high/,
      "us.anthropic.claude-opus-5",
    ],
    [
      "between_tools where it does not exist",
      { thinking: { type: "between_tools" } },
      /not a valid enum value/,
      OPUS_5_5,
    ],
  ]);

  it.each([
    ["two messages of one role", messages(user(text("x")), user(text("y"))), SONNET_4_5],
    ["a system message behind a user's", messages(user(text("x")), system("y")), OPUS_4_8],
    [
      "an editor that Claude was trained on",
      tools({ type: "text_editor_20250728", name: "str_replace_based_edit_tool" }),
      SONNET_4_5,
    ],
    ["thinking only between tools", { thinking: { type: "between_tools" } }, SONNET_5_5],
    ["no thinking, where it can be switched off", { thinking: { type: "disabled" } }, HAIKU_5_5],
    [
      "a demanded call with adaptive thinking",
      { ...tools(TOOL), tool_choice: { type: "any" }, thinking: { type: "adaptive" } },
      "us.anthropic.claude-opus-5",
    ],
  ])("may have %s", async (_, body, model) => {
    expect(await refusal(body, model)).toMatchObject({ message: "accepted" });
  });
});

describe("bound thinking", () => {
  const emulator = emulatorHere();
  const first = {
    system: "Be brief.",
    messages: [user(text("Weather in Oslo? Use get_weather"))],
    tools: [TOOL],
  };

  /** The second step of a tool loop, whose first answer is sent back as it came. */
  async function step(change: (body: JsonObject) => JsonObject, model = FABLE) {
    const answer = await bodyOf(await call(emulator(), { model, body: ask("", first), stream: false }));
    const content = objectsIn(answer.content);
    expect(content[0]?.type).toBe("thinking");
    const id = asString(content.find(({ type }) => type === "tool_use")?.id);
    const turns = [...first.messages, { role: "assistant", content }, user(result(id))];
    const body = change(ask("", { ...first, messages: turns }));
    const response = await call(emulator(), { model, body, stream: false });
    const { message } = asObject(await response.json());
    return response.ok ? "accepted" : asString(message);
  }

  it("is taken back where nothing before it has changed", async () => {
    expect(await step((body) => body)).toBe("accepted");
    const marked = (body: JsonObject) => ({
      ...body,
      tools: [{ ...TOOL, cache_control: { type: "ephemeral" } }],
    });
    expect(await step(marked)).toBe("accepted");
  });

  it("is refused behind another system text", async () => {
    const changed = (body: JsonObject) => ({ ...body, system: "Be brief. It is noon." });
    expect(await step(changed)).toMatch(/bound to a different conversation/);
    expect(await step(changed, "us.anthropic.claude-fable-5")).toBe("accepted");
  });

  it("is left out on demand", async () => {
    const dropped = (body: JsonObject) => ({
      ...body,
      system: "Other.",
      anthropic_beta: ["thinking-binding-controls-2026-08-01"],
      thinking: { type: "adaptive", block_binding: { prefix_mismatch_behavior: "drop_block" } },
    });
    expect(await step(dropped)).toBe("accepted");
  });
});
