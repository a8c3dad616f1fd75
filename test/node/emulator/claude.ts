/** Requests to Claude in parts, and what the emulated model says against them. */
import { it } from "vitest";
import type { JsonObject } from "../../../emulator/json.ts";
import { ask, call, emulatorHere, expectRefusal, refusalOf, SONNET_4_5 } from "./client.ts";

export { malformed } from "./client.ts";

export const SONNET_4 = "us.anthropic.claude-sonnet-4-20250514-v1:0";
export const TOOL = {
  name: "get_weather",
  input_schema: { type: "object", properties: { city: { type: "string" } } },
};
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
export const BUDGET = { thinking: { type: "enabled", budget_tokens: 1024 }, max_tokens: 2000 };
export const CACHE = { cache_control: { type: "ephemeral" } };

export const text = (value: string, more: JsonObject = {}) => ({ type: "text", text: value, ...more });
export const user = (...content: unknown[]) => ({ role: "user", content });
export const assistant = (...content: unknown[]) => ({ role: "assistant", content });
export const use = (id: string, more: JsonObject = {}) => ({
  type: "tool_use",
  id,
  name: "get_weather",
  input: {},
  ...more,
});
export const result = (id: string, more: JsonObject = {}) => ({
  type: "tool_result",
  tool_use_id: id,
  content: "12 C",
  ...more,
});
export const image = (media_type: string, data: string) => ({
  type: "image",
  source: { type: "base64", media_type, data },
});
export const messages = (...turns: unknown[]): JsonObject => ({ messages: turns, tools: [TOOL] });
export const tools = (...list: unknown[]): JsonObject => ({ tools: list });

/** The start of a body (members of `ask` replaced) that must be refused with 400 and this message. */
export type Row = [name: string, body: JsonObject, message: string | RegExp, model?: string];

export interface Claude {
  /** Status and message of the answer; `accepted` where it is no refusal. */
  refusal(body: JsonObject, model: string): Promise<{ status: number; message: unknown }>;
  /** One test for each row. */
  refuses(rows: Row[]): void;
}

/** An emulator for the tests of the calling file. */
export function emulatedClaude(): Claude {
  const emulator = emulatorHere();

  const answer = (body: JsonObject, model: string) => call(emulator(), { model, body: ask("Hello", body) });
  return {
    refusal: async (body, model) => refusalOf(await answer(body, model)),
    refuses(rows) {
      it.each(rows)("%s", async (_, body, message, model = SONNET_4_5) => {
        await expectRefusal(await answer(body, model), message);
      });
    },
  };
}
