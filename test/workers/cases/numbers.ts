/** Numbers beyond 2^53. */
import { expect } from "vitest";
import { askModel, at, type Case } from "./case.ts";

/** A reply whose text no JavaScript number went through. */
function claudeCall(input: string) {
  const text = `{"type":"message","role":"assistant","content":[{"type":"tool_use","id":"t","name":"get","input":${input}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}`;
  return () => new Response(text, { headers: { "content-type": "application/json" } });
}

export const NUMBERS = {
  async "answer-64bit-id-claude"(read: Case) {
    const numbers = ["1234567890123456789", "1e400", "0.1000000000000000055", "-0", "1.0"];
    for (const number of numbers) {
      const { answer } = await askModel(read, "s45", read.request, {
        replies: [claudeCall(`{"id":${number}}`)],
      });
      const call = at(answer, "choices", 0, "message", "tool_calls", 0, "function", "arguments");
      expect(call).toBe(`{"id":${number}}`);
    }
  },

  async "seed-int64"(read: Case) {
    const seeds = ["9007199254740993", "-9223372036854775808", "9223372036854775807"];
    for (const seed of seeds) {
      const body = (model: string) =>
        `{"model":"${model}","messages":[{"role":"user","content":"hi"}],"seed":${seed}}`;
      expect((await askModel(read, "s45", body("s45"))).status).toBe(200);
      const { status, sentText } = await askModel(read, "oai", body("oai"));
      expect(status).toBe(200);
      expect(sentText).toContain(`"seed":${seed}`);
    }
    const beyond = '{"model":"oai","messages":[{"role":"user","content":"hi"}],"seed":9223372036854775808}';
    expect((await askModel(read, "oai", beyond)).status).toBe(400);
  },
};
