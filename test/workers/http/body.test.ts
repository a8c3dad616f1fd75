import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readJson } from "../../../src/http/body.ts";
import { memoryCounter } from "../../../src/lib/memory.ts";
import { bodyOf, claudeAnswer, fedBody, playUpstream } from "../../support/upstream.ts";
import { CLAUDE, chat, envOf, errorOf, quietLog } from "../support.ts";

beforeEach(() => void quietLog());
afterEach(() => void vi.restoreAllMocks());

const utf8 = new TextEncoder();
const LIMIT = 200;
const small = () => envOf({ llms: { claude: CLAUDE }, serve: { max_body_bytes: LIMIT } });

/** A valid request of exactly this many bytes. */
function requestOf(bytes: number): string {
  const [before, after] = ['{"messages":[{"role":"user","content":"', '"}]}'];
  return before + "x".repeat(bytes - before.length - after.length) + after;
}
const measured = (body: string) => ({
  body,
  headers: { "content-length": String(utf8.encode(body).length) },
});
const chunked = (body: string, size = 50) => {
  const bytes = utf8.encode(body);
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.slice(i * size, (i + 1) * size),
  );
  return { body: bodyOf(pieces).stream };
};

describe("a request's body", () => {
  it.each([
    ["announced by content-length", measured],
    ["without a known length", chunked],
  ])("may be as long as serve.max_body_bytes, and is refused beyond: %s", async (_, send) => {
    const calls = playUpstream(claudeAnswer("Hello"));
    expect((await chat(small(), {}, send(requestOf(LIMIT)))).status).toBe(200);
    const refused = await chat(small(), {}, send(requestOf(LIMIT + 1)));
    expect(refused.status).toBe(413);
    const { message, ...rest } = await errorOf(refused);
    expect(rest).toEqual({ type: "invalid_request_error", param: null, code: "request_too_large" });
    expect(message).toContain("serve.max_body_bytes");
    expect(message).toContain(String(LIMIT));
    expect(calls).toHaveLength(1);
  });

  it("is measured in bytes, not in characters", async () => {
    const euros = JSON.stringify({ messages: [{ role: "user", content: "€".repeat(60) }] });
    expect(euros.length).toBeLessThan(LIMIT);
    for (const send of [measured, chunked]) expect((await chat(small(), {}, send(euros))).status).toBe(413);
  });

  it("is not read when content-length already says too much", async () => {
    const body = fedBody((fed) => fed.push(utf8.encode("{}")));
    const headers = { "content-length": String(LIMIT + 1) };
    expect((await chat(small(), {}, { body: body.stream, headers })).status).toBe(413);
    expect(body.pulls()).toBe(0);
  });

  it("is not read on once it is too long, and let go of", async () => {
    const body = fedBody((fed) => fed.push(utf8.encode("x".repeat(50))));
    expect((await chat(small(), {}, { body: body.stream })).status).toBe(413);
    expect(body.pulls()).toBe(5);
    expect(body.cancelled()).toBe(true);
  });

  it("may be 8 MiB unless the configuration says otherwise", async () => {
    const headers = { "content-length": String(8 * 2 ** 20 + 1) };
    expect((await chat(envOf(), {}, { body: "{}", headers })).status).toBe(413);
    const allowed = await chat(
      envOf(),
      {},
      { body: "{}", headers: { "content-length": String(8 * 2 ** 20) } },
    );
    expect(allowed.status).toBe(400);
  });

  it.each([
    ["{", "is not valid JSON"],
    ["messages=hi", "is not valid JSON"],
    ['{"messages":[]}{"messages":[]}', "is not valid JSON"],
    ["", "no body. Send a JSON object."],
    [" \n", "no body. Send a JSON object."],
  ])("that is %j is 400 invalid_json", async (body, words) => {
    for (const send of [measured, chunked]) {
      const response = await chat(envOf(), {}, send(body));
      expect(response.status).toBe(400);
      const { message, ...rest } = await errorOf(response);
      expect(message).toContain(words);
      expect(rest).toEqual({ type: "invalid_request_error", param: null, code: "invalid_json" });
    }
  });

  it.each(["[]", "null", '"hi"', "7"])("that is %s, no object, is 400 invalid_value", async (body) => {
    const response = await chat(envOf(), {}, { body });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ code: "invalid_value", param: null });
  });

  it.each([
    ["{}", "messages"],
    ['{"messages":[]}', "messages"],
    ['{"messages":[{"role":"user","content":"x"}],"temperature":9}', "temperature"],
    ['{"messages":[{"role":"robot","content":"x"}]}', "messages[0].role"],
  ])("that is %s names the field at fault", async (body, param) => {
    const response = await chat(envOf(), {}, { body });
    expect(response.status).toBe(400);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(await errorOf(response)).toMatchObject({
      type: "invalid_request_error",
      param,
      code: "invalid_value",
      message: expect.stringContaining(`'${param}'`),
    });
  });

  it("needs no content-type", async () => {
    playUpstream(claudeAnswer("Hello"));
    const options = { headers: { "content-type": "text/plain" } };
    expect((await chat(envOf(), {}, options)).status).toBe(200);
  });
});

describe("readJson", () => {
  it("gives the same value however the bytes are divided", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.integer({ min: 1, max: 9 }), async (value, size) => {
        const text = JSON.stringify({ value, more: "é€😀" });
        const { body } = chunked(text, size);
        const request = new Request("https://router.example", { method: "POST", body });
        expect(await readJson(request, 1e6, memoryCounter().hold("me"))).toEqual({
          value: JSON.parse(text),
          text,
        });
      }),
    );
  });

  it("treats a request without any body as empty", async () => {
    const request = new Request("https://router.example", { method: "POST" });
    await expect(readJson(request, 10, memoryCounter().hold("me"))).rejects.toMatchObject({
      code: "invalid_json",
    });
  });
});
