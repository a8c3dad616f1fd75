/** Short ways to the inputs of a model family's tests. */
import type { BedrockTarget } from "../../src/target.ts";
import type { FamilyCall } from "../../src/families/family.ts";
import { parseChat } from "../../src/dialects/openai-chat/client/parse.ts";
import type { ChatRequest, JsonObject } from "../../src/chat/request.ts";
import { jsonText } from "../../src/lib/exact-json.ts";

/** A Bedrock target for a model. */
export function bedrockTarget(model: string, more: Partial<BedrockTarget> = {}): BedrockTarget {
  return {
    kind: "bedrock",
    name: "tested",
    provider: "bedrock",
    model,
    description: "",
    regions: [],
    credentials: {},
    ...more,
  };
}

/** A parsed request; without `messages` the user says "Hi". */
export function chat(body: JsonObject): ChatRequest {
  return parseChat({ messages: [{ role: "user", content: "Hi" }], ...body });
}

/** A call with its body as the provider writes it. */
export function asSent(call: FamilyCall): FamilyCall {
  return { ...call, body: JSON.parse(jsonText(call.body)) };
}

/** What calling `run` throws, or undefined. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
