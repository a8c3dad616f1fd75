import fixtures from "virtual:fixtures";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseChat } from "../../../src/dialects/openai-chat/client/parse.ts";
import { routingQuery } from "../../../src/routing/query.ts";
import ownRequest from "../../fixtures/openclaw-request.json";

type Message = { role: string; content: unknown };
const user = (content: unknown): Message => ({ role: "user", content });
const query = (...messages: readonly Message[]) => routingQuery(parseChat({ messages }).messages);

const BEGIN = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>";
const END = "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>";

describe("the routing query", () => {
  it("is the newest user message", () => {
    expect(
      query(
        { role: "system", content: "rules" },
        user("first"),
        { role: "assistant", content: "answer" },
        user("second"),
        { role: "assistant", content: "more" },
      ),
    ).toBe("second");
  });

  it("skips messages without text", () => {
    expect(query(user("ask"), user(""), user(" \n "), user([]))).toBe("ask");
    const image = { type: "image_url", image_url: { url: "https://x.example/a.png" } };
    expect(query(user("ask"), user([image]))).toBe("ask");
  });

  it("joins the text parts of a message", () => {
    const image = { type: "image_url", image_url: { url: "https://x.example/a.png" } };
    expect(query(user([{ type: "text", text: "what" }, image, { type: "text", text: "is this?" }]))).toMatch(
      /^what\s+is this\?$/,
    );
  });

  it.each([
    ["one that is the whole message", [user("ask"), user(`${BEGIN}\ndata\n${END}`)], "ask"],
    ["one around which the user speaks", [user(`${BEGIN}a\n${END}ask${BEGIN}b${END}`)], "ask"],
    ["one that is not closed", [user("ask"), user(`${BEGIN}\ndata`)], "ask"],
    ["text behind an unclosed one", [user(`ask ${BEGIN} data`)], "ask"],
  ])("has no internal context: %s", (_, messages, expected) => {
    expect(query(...messages)).toBe(expected);
  });

  it.each([
    ["[Sun 2026-11-22 14:45 UTC] ask", "ask"],
    ["[2026-11-22 14:45] ask", "ask"],
    ["[14:45:01] ask", "ask"],
    ["  [Sun 14:45]\nask", "ask"],
    ["[draft] ask", "[draft] ask"],
    ["ask [14:45]", "ask [14:45]"],
    ["[1, 2, 3]", "[1, 2, 3]"],
  ])("has no leading timestamp: %j", (content, expected) => {
    expect(query(user(content))).toBe(expected);
  });

  it.each([
    ["ask\n\nRuntime: agent=main | model=openclaw/auto", "ask"],
    ["Runtime: agent=main\nask", "ask"],
    ["what does Runtime: mean?", "what does Runtime: mean?"],
  ])("has no Runtime: line: %j", (content, expected) => {
    expect(query(user(content))).toBe(expected);
  });

  it.each(["Image(s) from tool result #1 (read):", "Attached image(s) from tool result:"])(
    "has no line above a tool's images: %j",
    (line) => {
      expect(query(user("ask"), user([{ type: "text", text: line }]))).toBe("ask");
    },
  );

  it("skips a message that is nothing but the agent's additions", () => {
    const additions = `[Sun 14:45] ${BEGIN}x${END}\nRuntime: agent=main`;
    expect(query(user("ask"), user(additions))).toBe("ask");
  });

  it("is its first 500 characters, none of them cut in half", () => {
    expect(query(user("x".repeat(501)))).toBe("x".repeat(500));
    expect(query(user("😀".repeat(501)))).toBe("😀".repeat(500));
    expect(query(user(`[Sun 14:45] ${"y".repeat(600)}`))).toBe("y".repeat(500));
  });

  it.each([
    ["no user message", [{ role: "assistant", content: "answer" }]],
    ["no text", [user("")]],
    ["nothing but additions", [user(`${BEGIN}x${END}`)]],
  ])("is 'general query' where there is %s", (_, messages) => {
    expect(query(...messages)).toBe("general query");
  });

  it("finds the user's words wherever the agent puts its additions", () => {
    const words = fc.stringMatching(/^[a-z]{1,20}( [a-z]{1,20}){0,3}$/);
    const context = fc.stringMatching(/^[ -;=?-~\n]{0,40}$/).map((text) => `${BEGIN}${text}${END}`);
    fc.assert(
      fc.property(
        words,
        context,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (said, block, time, line, first) => {
          const own = `${time ? "[Sun 2026-11-22 14:45 UTC] " : ""}${said}${line ? "\n\nRuntime: a=b" : ""}`;
          expect(query(user(first ? `${block}\n${own}` : `${own}\n${block}`))).toBe(said);
          expect(query(user(own), user([{ type: "text", text: block }]))).toBe(said);
        },
      ),
    );
  });
});

describe("the agent's request", () => {
  it("asks what its user asked", () => {
    expect(routingQuery(parseChat(ownRequest).messages)).toBe("Say hello to Zürich 🇨🇭");
  });

  const recorded = fixtures["openclaw-request"];
  it.skipIf(recorded === undefined)("asks what its user asked, as recorded", () => {
    expect(routingQuery(parseChat(recorded).messages)).toBe("What is in this folder?");
  });
});
