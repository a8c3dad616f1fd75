/** Requests to the emulated Converse in parts, and its answers taken apart. */
import { expect } from "vitest";
import { asObject, asString, type JsonObject } from "../../../emulator/json.ts";
import type { FamilyMessage } from "../../../src/families/family.ts";
import { serviceViolations } from "../../support/service-model.ts";
import { bytesOf, call, emulatorHere, framesOf, parse } from "./client.ts";

export const CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
export const NOVA = "us.amazon.nova-pro-v1:0";
export const LLAMA = "us.meta.llama3-3-70b-instruct-v1:0";
export const MISTRAL = "mistral.mistral-large-2407-v1:0";
export const TITAN = "amazon.titan-text-express-v1";
export const GPT_OSS = "openai.gpt-oss-120b-1:0";
export const GLM = "zai.glm-4.7";
export const ARN = "arn:aws:bedrock:us-east-1:123456789012:imported-model/abc123";
export const MODELS = [CLAUDE, NOVA, LLAMA, MISTRAL, TITAN, GPT_OSS, GLM, ARN];

export const PNG = "iVBORw0KGgo=";
export const PDF = "JVBERi0xLjQK";
export const text = (value: string) => ({ text: value });
export const user = (...content: unknown[]) => ({ role: "user", content });
export const assistant = (...content: unknown[]) => ({ role: "assistant", content });
export const use = (toolUseId: string, name = "f") => ({ toolUse: { toolUseId, name, input: {} } });
export const result = (toolUseId: string, more: JsonObject = {}) => ({
  toolResult: { toolUseId, content: [text("12 C")], ...more },
});
export const document = (name: string, more: JsonObject = {}) => ({
  document: { format: "pdf", name, source: { bytes: PDF }, ...more },
});
export const spec = (name: string, properties: JsonObject = {}, more: JsonObject = {}) => ({
  toolSpec: { name, inputSchema: { json: { type: "object", properties } }, ...more },
});
export const weather = spec("get_weather", { city: { type: "string" } });
export const WITH_TOOL = { toolConfig: { tools: [spec("f")] } };
export const POINT = { cachePoint: { type: "default" } };

export interface EmulatedConverse {
  /** Sends a body; without `messages` the user says "Hello". */
  ask(body: JsonObject, model?: string, stream?: boolean, prefix?: string): Promise<Response>;
}

/** An emulator for the tests of the calling file. */
export function emulatedConverse(): EmulatedConverse {
  const emulator = emulatorHere();
  return {
    ask: (body, model = CLAUDE, stream = true, prefix = "") =>
      call(emulator(), {
        model,
        body: { messages: [user(text("Hello"))], ...body },
        stream,
        converse: true,
        ...(prefix && { prefix }),
      }),
  };
}

/** The events of a stream, checked against the service model; the padding is not in it. */
export async function eventsOf(response: Response): Promise<FamilyMessage[]> {
  const { frames, rest } = framesOf(await bytesOf(response));
  expect(rest).toBe(0);
  return frames.map(({ headers, body }) => {
    const event = headers[":event-type"] ?? "";
    const { p, ...payload } = asObject(parse(body));
    expect(p).toMatch(/^[a-zA-Z0-9]+$/);
    expect(serviceViolations({ [event]: payload }, "ConverseStreamOutput")).toEqual([]);
    return { event, payload };
  });
}

/** The text of a stream. */
export const textOf = (events: readonly FamilyMessage[]) =>
  events.map(({ payload }) => asString(asObject(asObject(payload).delta).text)).join("");
