/** What clients say, and how models take it. */
import { expect } from "vitest";
import { json } from "../../support/upstream.ts";
import { askModel, at, type Case } from "./case.ts";
import type { JsonObject } from "../../../src/lib/json.ts";

const MESSAGES = [{ role: "user", content: "hi" }];

/** Roles and blocks, e.g. `user:toolResult+text`. */
function turns(sent: JsonObject): unknown {
  const { messages } = sent;
  if (!Array.isArray(messages)) return undefined;
  return messages.map(({ role, content }) => {
    const blocks: object[] = content;
    return `${role}:${blocks.map((block) => Object.keys(block)[0]).join("+")}`;
  });
}

function marked(ttl: string | undefined, text: string) {
  return { type: "text", text, cache_control: { type: "ephemeral", ...(ttl !== undefined && { ttl }) } };
}

export const CONVERSATIONS = {
  async "arn-anthropic-converse-features"(read: Case) {
    const tools = ["a", "b"].map((name) => ({
      type: "function",
      function: { name, parameters: { type: "object" } },
    }));
    const request = {
      messages: [{ role: "system", content: [marked(undefined, "long ".repeat(2400))] }, ...MESSAGES],
      stop: ["END"],
      reasoning_effort: "high",
      tools,
    };
    for (const model of Object.keys(read.models)) {
      const { sent, headers } = await askModel(read, model, request);
      expect(at(sent, "system", 1), model).toEqual({ cachePoint: { type: "default" } });
      expect(at(sent, "inferenceConfig", "stopSequences"), model).toEqual(["END"]);
      // A profile that hides its model is not known to think; every Claude in service takes the rest.
      if (model === "s45c")
        expect(at(sent, "additionalModelRequestFields", "thinking", "type")).toBe("enabled");
      expect(headers.get("x-router-dropped-params") ?? "").not.toMatch(/cache_control|stop/);
    }
    const choice = { type: "function", function: { name: "b" } };
    const { sent } = await askModel(read, "hiddenc", { messages: MESSAGES, tools, tool_choice: choice });
    expect(at(sent, "toolConfig", "toolChoice")).toEqual({ tool: { name: "b" } });
  },

  async "arn-anthropic-converse-sampling"(read: Case) {
    for (const model of Object.keys(read.models)) {
      const { sent } = await askModel(read, model, { ...read.request, temperature: 0.5, top_p: 0.9 });
      expect(Object.keys(Object(sent.inferenceConfig)).includes("topP"), model).toBe(false);
    }
  },

  async "arn-llama-converse-turns"(read: Case) {
    const parted = ["user:text", "assistant:toolUse", "user:toolResult", "assistant:text", "user:text"];
    for (const model of Object.keys(read.models)) {
      const { sent } = await askModel(read, model, read.request);
      expect(turns(sent), model).toEqual(parted);
    }
    const { calls } = await askModel(read, "hllamac", { ...read.request, stream: true });
    expect(calls[0]?.url).toMatch(/\/converse$/);
  },

  async "cache-ttl-1h-old-claude"(read: Case) {
    const messages = [
      { role: "user", content: [marked("1h", "long ".repeat(1200)), { type: "text", text: "hi" }] },
    ];
    const expected = { c37: undefined, hidden: undefined, s45: "1h", s5: "1h" };
    for (const [model, ttl] of Object.entries(expected)) {
      const { sent } = await askModel(read, model, { messages });
      const mark = { type: "ephemeral", ...(ttl !== undefined && { ttl }) };
      expect(at(sent, "messages", 0, "content", 0, "cache_control"), model).toEqual(mark);
    }
  },

  async "csv-labelled-excel"(read: Case) {
    const { status, sent } = await askModel(read, "s45", read.request);
    expect(status).toBe(200);
    expect(at(sent, "messages", 0, "content", 0, "source")).toEqual({
      type: "text",
      media_type: "text/plain",
      data: "a,b\n1,2\n",
    });
    const { sent: converse } = await askModel(read, "s45c", read.request);
    expect(at(converse, "messages", 0, "content", 0, "document", "format")).toBe("csv");
  },

  async "default-max-tokens-at-the-limit"(read: Case) {
    // The design: min(the limit - 1, 32,000), because Bedrock takes it from the quota at the start. What a client names itself is
    // lowered to the limit that the documentation names.
    const asked = { s45: 32_000, s45c: 32_000, s5: 32_000, o46: 32_000 };
    const most = { s45: 64_000, s45c: 64_000, s5: 128_000, o46: 128_000 };
    for (const [model, tokens] of Object.entries(asked)) {
      const { sent } = await askModel(read, model, { messages: MESSAGES });
      expect(sent.max_tokens ?? at(sent, "inferenceConfig", "maxTokens"), model).toBe(tokens);
    }
    for (const [model, tokens] of Object.entries(most)) {
      const { sent } = await askModel(read, model, { messages: MESSAGES, max_tokens: 200_000 });
      expect(sent.max_tokens ?? at(sent, "inferenceConfig", "maxTokens"), model).toBe(tokens);
    }
  },

  async "default-max-tokens-reserves-quota"(read: Case) {
    for (const model of Object.keys(read.models)) {
      const { sent } = await askModel(read, model, { messages: MESSAGES });
      expect(sent.max_tokens, model).toBe(32_000);
    }
  },

  async "message-grammar"(read: Case) {
    // Thinking parts that other clients bring along are read over by now or refused; the word is right in either case.
    for (const model of Object.keys(read.models)) {
      const { text } = await askModel(read, model, read.request);
      expect(text).not.toMatch(/\bA assistant\b/);
      const odd = {
        messages: [...MESSAGES, { role: "assistant", content: [{ type: "video_url" }] }, ...MESSAGES],
      };
      const { status, answer } = await askModel(read, model, odd);
      expect(status).toBe(400);
      expect(at(answer, "error", "message")).toMatch(/^An assistant message to /);
    }
  },

  async "stop-empty-reported"(read: Case) {
    for (const model of Object.keys(read.models)) {
      for (const stop of ["", [""]]) {
        const { status, headers } = await askModel(read, model, { ...read.request, stop });
        expect([status, headers.get("x-router-dropped-params")], model).toEqual([200, null]);
      }
    }
  },

  async "stop-newline-native-claude"(read: Case) {
    const content = "a\nb";
    const reply = json({
      role: "assistant",
      content: [{ type: "text", text: content }],
      stop_reason: "end_turn",
      output: { message: { role: "assistant", content: [{ text: content }] } },
      stopReason: "end_turn",
      usage: { input_tokens: 1, output_tokens: 1, inputTokens: 1, outputTokens: 1 },
    });
    for (const model of Object.keys(read.models)) {
      const { answer, headers, sent } = await askModel(read, model, read.request, { replies: [reply] });
      expect(at(answer, "choices", 0, "message", "content"), model).toBe("a");
      expect(at(answer, "choices", 0, "finish_reason")).toBe("stop");
      expect(headers.get("x-router-dropped-params")).toBeNull();
      expect(sent.stop_sequences).toBeUndefined();
    }
  },

  async "system-only"(read: Case) {
    const blank = {
      messages: [...Array.from(Object(read.request.messages) as unknown[]), { role: "user", content: " " }],
    };
    for (const model of Object.keys(read.models)) {
      for (const request of [read.request, blank]) {
        const { status, sentText, text } = await askModel(read, model, request);
        expect(status, `${model}: ${text}`).toBe(200);
        expect(sentText).toContain("Say hi");
      }
    }
  },
};
