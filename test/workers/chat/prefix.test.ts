import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Delta } from "../../../src/chat/delta.ts";
import { prefixDeltas, prefixFilter, withoutPrefixes } from "../../../src/chat/prefix.ts";
import { ownBody } from "../../../src/dialects/openai-chat/upstream/body.ts";
import { parseChat } from "../../../src/dialects/openai-chat/client/parse.ts";

const filtered = (name: string, pieces: string[]) => {
  const filter = prefixFilter(name);
  return pieces.map((piece) => filter.push(piece)).join("") + filter.flush();
};

describe("prefixFilter", () => {
  it("puts the name before the first text", () => {
    expect(filtered("claude", ["Hel", "lo"])).toBe("[claude] Hello");
  });

  it("takes out the model's own copy of exactly that prefix", () => {
    expect(filtered("claude", ["[cla", "ude] ", "Hello"])).toBe("[claude] Hello");
    expect(filtered("claude", ["[claude]Hello"])).toBe("[claude] [claude]Hello");
    expect(filtered("claude", ["[other] Hello"])).toBe("[claude] [other] Hello");
  });

  it("says nothing where there is no text", () => {
    expect(filtered("claude", [])).toBe("");
    expect(filtered("claude", ["", ""])).toBe("");
  });

  it("loses no text, however it is split", () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom("[", "[m", "[m]", "[m] ", "[m] x", "[m] [m] x", "[n] x"),
    );
    fc.assert(
      fc.property(text, fc.array(fc.nat(20)), (whole, cuts) => {
        const at = [0, ...cuts.map((c) => Math.min(c, whole.length)).sort((a, b) => a - b), whole.length];
        const pieces = at.slice(1).map((end, i) => whole.slice(at[i], end));
        const shown = whole.startsWith("[m] ") ? whole.slice(4) : whole;
        const expected = whole === "" ? "" : `[m] ${shown}`;
        expect(filtered("m", pieces)).toBe(expected);
      }),
    );
  });
});

describe("prefixDeltas", () => {
  it("leaves tool calls and reasoning alone", () => {
    const deltas: Delta[] = [
      { type: "reasoning", text: "hm" },
      { type: "tool_start", index: 0, id: "a", name: "f" },
      { type: "finish", reason: "tool_calls" },
    ];
    expect(prefixDeltas("m")(deltas)).toEqual(deltas);
  });

  it("releases what it held back before a tool call", () => {
    const out = prefixDeltas("m")([
      { type: "text", text: "[" },
      { type: "tool_start", index: 0, id: "a", name: "f" },
    ]);
    expect(out[0]).toEqual({ type: "text", text: "[m] [" });
    expect(out[1]?.type).toBe("tool_start");
  });
});

describe("withoutPrefixes", () => {
  it("cleans the assistant's history, in the body of a relay too, and nothing else", () => {
    const request = parseChat({
      messages: [
        { role: "user", content: "[a] mine" },
        { role: "assistant", content: "[a] hello" },
        { role: "assistant", content: [{ type: "text", text: "[b] parts" }] },
        { role: "assistant", content: "[c] stranger" },
      ],
    });
    const clean = withoutPrefixes(request, ["a", "b"]);
    const texts = clean.messages.map((m) => (m.content[0]?.type === "text" ? m.content[0].text : ""));
    expect(texts).toEqual(["[a] mine", "hello", "parts", "[c] stranger"]);
    expect(ownBody(clean).messages).toEqual([
      { role: "user", content: "[a] mine" },
      { role: "assistant", content: "hello" },
      { role: "assistant", content: [{ type: "text", text: "parts" }] },
      { role: "assistant", content: "[c] stranger" },
    ]);
  });
});
