/** Clients of each dialect, with the makers' own libraries: one turn after the other, streamed or whole. */
import Anthropic from "@anthropic-ai/sdk";
import type OpenAI from "openai";
import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import type { Response, ResponseInputItem } from "openai/resources/responses/responses";
import { CLIENT_KEY } from "../../support/stack.ts";
import { ask } from "./ask.ts";

export interface Said {
  readonly text: string;
  /** What is shown of its thinking. */
  readonly reasoning: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly headers: Headers;
}

export interface Asking {
  readonly model: string;
  readonly streaming: boolean;
  readonly effort?: "low";
  /** Offers the tool `get_weather`. */
  readonly tools?: boolean;
  readonly stop?: string;
  readonly temperature?: number;
}

/** A conversation in one dialect. */
export interface Speaker {
  say(text: string, asking: Asking): Promise<Said>;
  /** Answers the newest answer's first call. */
  result(text: string, asking: Asking): Promise<Said>;
}

export interface Clients {
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
}

export const DIALECTS = ["chat", "responses", "messages"] as const;
export type Dialect = (typeof DIALECTS)[number];

export function anthropicClient(url: string): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: CLIENT_KEY, maxRetries: 0, logLevel: "off" });
}

export function speaker(dialect: Dialect, clients: Clients): Speaker {
  if (dialect === "chat") return chatSpeaker(clients.openai);
  return dialect === "responses" ? responsesSpeaker(clients.openai) : messagesSpeaker(clients.anthropic);
}

const SCHEMA = {
  type: "object" as const,
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const WEATHER = { name: "get_weather", description: "The weather of a city" };

function chatSpeaker(client: OpenAI): Speaker {
  const messages: ChatCompletionMessageParam[] = [];
  let callId = "";
  const turn = async ({ model, streaming, effort, tools, stop, temperature }: Asking): Promise<Said> => {
    const reply = await ask(
      client,
      {
        model,
        messages,
        ...(effort && { reasoning_effort: effort }),
        ...(tools && { tools: [{ type: "function", function: { ...WEATHER, parameters: SCHEMA } }] }),
        ...(stop !== undefined && { stop: [stop] }),
        ...(temperature !== undefined && { temperature }),
      },
      streaming,
    );
    const { text, calls } = reply;
    callId = calls[0]?.id ?? "";
    const made = calls.map((call) => ({ id: call.id, type: "function" as const, function: call }));
    messages.push({
      role: "assistant",
      content: text === "" ? null : text,
      ...(made.length > 0 && { tool_calls: made }),
    });
    return reply;
  };
  return {
    say(text, asking) {
      messages.push({ role: "user", content: text });
      return turn(asking);
    },
    result(text, asking) {
      messages.push({ role: "tool", tool_call_id: callId, content: text });
      return turn(asking);
    },
  };
}

function responsesSpeaker(client: OpenAI): Speaker {
  const input: ResponseInputItem[] = [];
  let callId = "";
  const turn = async ({ model, streaming, effort, tools, temperature }: Asking): Promise<Said> => {
    const body = {
      ...{ model, input, store: false, include: ["reasoning.encrypted_content" as const] },
      ...(effort && { reasoning: { effort, summary: "auto" as const } }),
      ...(tools && {
        tools: [{ type: "function" as const, ...WEATHER, parameters: SCHEMA, strict: true }],
      }),
      ...(temperature !== undefined && { temperature }),
    };
    const { data, response } = await (streaming ? streamed() : whole());
    async function whole(): Promise<{ data: Response; response: globalThis.Response }> {
      return client.responses.create(body).withResponse();
    }
    async function streamed(): Promise<{ data: Response; response: globalThis.Response }> {
      const begun = await client.responses.create({ ...body, stream: true }).withResponse();
      let last: Response | undefined;
      let text = "";
      for await (const event of begun.data) {
        if (event.type === "response.output_text.delta") text += event.delta;
        if (event.type === "response.completed" || event.type === "response.incomplete")
          last = event.response;
        if (event.type === "error") throw new Error(`${event.code}: ${event.message}`);
      }
      if (!last) throw new Error("the response never ended");
      const said = textIn(last);
      if (text !== said)
        throw new Error(`streamed ${JSON.stringify(text)}, ended with ${JSON.stringify(said)}`);
      return { data: last, response: begun.response };
    }
    const calls = data.output.flatMap((item) =>
      item.type === "function_call" ? [{ id: item.call_id, name: item.name, arguments: item.arguments }] : [],
    );
    const thoughts = data.output.flatMap((item) => (item.type === "reasoning" ? item.summary : []));
    for (const item of data.output) {
      if (item.type === "message" || item.type === "function_call" || item.type === "reasoning")
        input.push(item);
    }
    callId = calls[0]?.id ?? "";
    return {
      ...{ text: textIn(data), calls, headers: response.headers },
      reasoning: thoughts.map(({ text }) => text).join("\n\n"),
    };
  };
  return {
    say(text, asking) {
      input.push({ type: "message", role: "user", content: text });
      return turn(asking);
    },
    result(text, asking) {
      input.push({ type: "function_call_output", call_id: callId, output: text });
      return turn(asking);
    },
  };
}

function textIn({ output }: Response): string {
  return output
    .flatMap((item) => (item.type === "message" ? item.content : []))
    .map((part) => (part.type === "output_text" ? part.text : ""))
    .join("");
}

function messagesSpeaker(client: Anthropic): Speaker {
  const messages: Anthropic.MessageParam[] = [];
  let callId = "";
  const turn = async ({ model, streaming, effort, tools, stop, temperature }: Asking): Promise<Said> => {
    const body = {
      ...{ model, messages, max_tokens: 2000 },
      ...(effort && {
        thinking: { type: "adaptive" as const, display: "summarized" as const },
        output_config: { effort },
      }),
      ...(tools && { tools: [{ ...WEATHER, input_schema: SCHEMA }] }),
      ...(stop !== undefined && { stop_sequences: [stop] }),
      ...(temperature !== undefined && { temperature }),
    };
    const call = streaming ? client.messages.stream(body) : undefined;
    const { data, response } = await (call
      ? call
          .withResponse()
          .then(async (begun) => ({ data: await call.finalMessage(), response: begun.response }))
      : client.messages.create(body).withResponse());
    const { content } = data;
    const calls = content.flatMap((block) =>
      block.type === "tool_use"
        ? [{ id: block.id, name: block.name, arguments: JSON.stringify(block.input) }]
        : [],
    );
    callId = calls[0]?.id ?? "";
    messages.push({ role: "assistant", content });
    return {
      text: content.map((block) => (block.type === "text" ? block.text : "")).join(""),
      reasoning: content.map((block) => (block.type === "thinking" ? block.thinking : "")).join(""),
      ...{ calls, headers: response.headers },
    };
  };
  return {
    say(text, asking) {
      messages.push({ role: "user", content: text });
      return turn(asking);
    },
    result(text, asking) {
      messages.push({ role: "user", content: [{ type: "tool_result", tool_use_id: callId, content: text }] });
      return turn(asking);
    },
  };
}
