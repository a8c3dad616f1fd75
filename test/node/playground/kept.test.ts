/** What a tab keeps of its conversations. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { errorFrom } from "../../../pages/lib/api.ts";
import { Answer } from "../../../pages/playground/chat/answer.ts";
import { Conversations } from "../../../pages/playground/chat/conversations.ts";
import { itemFrom, keptItem } from "../../../pages/playground/chat/kept.ts";
import { type Item, messagesOf } from "../../../pages/playground/chat/thread.ts";

const user = (text: string, bytes = 4): Item => ({
  kind: "user",
  text,
  files: [{ kind: "pdf", url: `data:application/pdf;base64,${"A".repeat(bytes)}`, name: "a.pdf" }],
});
const CALL = { id: "call_a", name: "calculator", arguments: '{"expression":"1+1"}' };

function whole(): Answer {
  const answer = new Answer(1000, "auto");
  answer.add(
    { choices: [{ index: 0, delta: { reasoning_content: "Hm.", content: "Hello" } }], model: "claude" },
    1100,
  );
  answer.restoreCalls([CALL]);
  answer.route = {
    model: "claude",
    strategy: "rules",
    attempts: 2,
    dropped: ["seed"],
    reason: "The default.",
    trail: [{ model: "claude", place: "eu-west-1", outcome: "ok", ms: 12 }],
  };
  answer.usage = { prompt: 7, completion: 2, cached: 0 };
  answer.figures = { firstMs: 100, totalMs: 200, tokensPerSecond: undefined, cost: 0.1 };
  answer.complete = true;
  return answer;
}

/** Through JSON and back. */
function again(item: Item): Item | undefined {
  return itemFrom(JSON.parse(JSON.stringify(keptItem(item))));
}

describe("an item of a conversation", () => {
  it("is the same after it was kept", () => {
    const items: Item[] = [
      user("What is 1+1?"),
      { kind: "answer", answer: whole() },
      { kind: "tool", call: CALL, result: { result: 2 } },
    ];
    const kept = items.flatMap((item) => again(item) ?? []);
    expect(messagesOf(kept, "Be brief")).toEqual(messagesOf(items, "Be brief"));
    const [, answered] = kept;
    if (answered?.kind !== "answer") throw new Error("no answer");
    const { route, figures, usage, by, asked, calls, reasoning } = whole();
    expect(answered.answer).toMatchObject({ route, figures, usage, by, asked, calls, reasoning });
  });

  it("that failed still says why, and one that was cut by leaving the page counts as stopped", () => {
    const failed = new Answer(0, "claude");
    failed.problem = errorFrom({ error: { code: "rate_limit_exceeded", message: "m" } }, { retryAfter: 7 });
    const cut = new Answer(0, "claude");
    const kept = [failed, cut].map((answer) => again({ kind: "answer", answer }));
    expect(kept).toMatchObject([
      { answer: { stopped: false, problem: { code: "rate_limit_exceeded", message: "m", retryAfter: 7 } } },
      { answer: { stopped: true, problem: undefined } },
    ]);
  });

  it.each([{}, { kind: "user", files: "x", text: 7 }, { kind: "answer", route: null, calls: [null, {}] }])(
    "is read whatever stands there: %j",
    (odd) => expect(() => itemFrom(odd)).not.toThrow(),
  );

  it("has no file but images and PDFs", () => {
    const files = [
      { kind: "image", url: "https://elsewhere.example/a.png", name: "a" },
      { kind: "image", url: "data:text/html,x", name: "b" },
      { kind: "pdf", url: "data:application/pdf;base64,AAAA", name: "c" },
    ];
    expect(itemFrom({ kind: "user", text: "", files })).toMatchObject({ files: [{ name: "c" }] });
  });
});

describe("the conversations of a tab", () => {
  let kept: Map<string, string>;
  beforeEach(() => {
    kept = new Map();
    vi.stubGlobal("sessionStorage", {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, text: string) => kept.set(name, text),
      removeItem: (name: string) => kept.delete(name),
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("outlive a reload, the newest first, by the words they began with", () => {
    const before = new Conversations();
    before.save("a", [user("First  question\nof all")]);
    before.save("b", [user("")]);
    before.save("a", [user("First question of all"), { kind: "answer", answer: whole() }]);
    before.open("a");
    const after = new Conversations();
    expect(after.list).toMatchObject([
      { id: "a", title: "First question of all" },
      { id: "b", title: "a.pdf" },
    ]);
    expect([after.current, after.items("a").length, after.items("none")]).toEqual(["a", 2, []]);
    after.remove("a");
    expect(new Conversations().list).toMatchObject([{ id: "b" }]);
  });

  it("are twenty at most, and two million characters: the oldest go, then the files of a single one", () => {
    const conversations = new Conversations();
    for (let number = 0; number < 25; number += 1) conversations.save(`c${number}`, [user("q")]);
    expect(conversations.list.map(({ id }) => id)).toEqual(
      Array.from({ length: 20 }, (_, index) => `c${24 - index}`),
    );
    conversations.save("half", [user("q", 1_200_000)]);
    conversations.save("other half", [user("q", 1_200_000)]);
    expect(conversations.list.map(({ id }) => id)).not.toContain("half");
    conversations.save("large", [user("q", 2_500_000)]);
    expect(conversations.items("large")).toMatchObject([{ files: [], lost: 1 }]);
    conversations.save("text", [{ kind: "user", text: "x".repeat(2_100_000), files: [] }]);
    expect(conversations.list.map(({ id }) => id)).not.toContain("text");
    expect([...kept.values()].join("").length).toBeLessThan(2_100_000);
  });

  it("begin empty where the storage holds something else, or is refused", () => {
    for (const text of ["", "[]", '{"list":[{"id":1},{"id":"a"},7]}', "{"]) {
      kept.set("playground.conversations", text);
      expect(new Conversations().list).toEqual([]);
    }
    vi.stubGlobal("sessionStorage", undefined);
    const conversations = new Conversations();
    conversations.save("a", [user("q")]);
    expect(conversations.list).toHaveLength(1);
  });
});
