import { describe, expect, it } from "vitest";
import { upstreamError } from "../../../../src/providers/openai-compatible/errors.ts";
import { openAiTarget } from "../support.ts";

describe("what the upstream refuses", () => {
  const OWN = {
    error: { message: "Invalid value.", type: "invalid_request_error", param: "n", code: "bad", extra: 1 },
  };
  const refusedWith = (status: number, body: unknown = OWN, headers: Record<string, string> = {}) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return upstreamError(new Response(text, { status, headers }), openAiTarget(), (body) => body);
  };

  it.each([400, 404, 413, 422, 429])("with HTTP %i keeps status and body", async (status) => {
    const error = await refusedWith(status);
    expect(error).toMatchObject({
      code: status === 429 ? "rate_limit_exceeded" : "upstream_invalid_request",
      status,
      shouldRetry: status === 429,
      passthrough: { status, body: JSON.stringify(OWN) },
    });
  });

  it.each([401, 402, 403])(
    "with HTTP %i is the router's own trouble, without the upstream's text",
    async (status) => {
      const error = await refusedWith(status, {
        error: { message: "Incorrect API key provided: sk-abc123 of acct-9" },
      });
      expect(error).toMatchObject({
        code: "upstream_credentials_rejected",
        status: 500,
        shouldRetry: false,
        passthrough: undefined,
      });
      expect([JSON.stringify(error.toBody()), String(error.cause)].join()).not.toMatch(/sk-abc123|acct-9/);
      expect(error.message).toContain("api_keys.nvidia");
    },
  );

  it.each([
    [408, "upstream_timeout"],
    [500, "upstream_error"],
    [501, "upstream_error"],
    [502, "upstream_unavailable"],
    [503, "upstream_unavailable"],
    [504, "upstream_timeout"],
    [529, "upstream_unavailable"],
    [405, "upstream_error"],
  ])("with HTTP %i is 500 %s without the upstream's text", async (status, code) => {
    const error = await refusedWith(
      status,
      { error: { message: "Internal host 10.0.0.7 failed" } },
      { "retry-after": "4" },
    );
    expect(error).toMatchObject({
      code,
      status: 500,
      shouldRetry: true,
      retryAfter: 4,
      passthrough: undefined,
    });
    expect(JSON.stringify(error.toBody())).not.toContain("10.0.0.7");
  });

  it("says when to come back after 429", async () => {
    expect((await refusedWith(429, OWN, { "retry-after": "12" })).retryAfter).toBe(12);
    expect((await refusedWith(429)).retryAfter).toBe(1);
  });

  it.each([
    [400, { object: "error", message: "Bad top_p.", type: "BadRequestError", code: 400 }, "Bad top_p."],
    [404, { error: "model 'x' not found" }, "model 'x' not found"],
    [
      422,
      { detail: [{ loc: ["body"], msg: "field required" }] },
      '[{"loc":["body"],"msg":"field required"}]',
    ],
    [422, { detail: "Unprocessable" }, "Unprocessable"],
    [400, "plain words", "plain words"],
    [404, "<html>nginx</html>", undefined],
    [400, "", undefined],
    [400, { error: null }, undefined],
    [400, { error: { message: 7 } }, undefined],
    [413, [], "[]"],
    [429, "slow down", "slow down"],
  ])("with HTTP %i and %j keeps its status in OpenAI's shape", async (status, body, text) => {
    const error = await refusedWith(status, body);
    expect(error.status).toBe(status);
    const shown: unknown = JSON.parse(error.passthrough?.body ?? "");
    expect(shown).toEqual({
      error: {
        message: expect.stringContaining(`HTTP ${status}`),
        type: status === 429 ? "rate_limit_error" : "invalid_request_error",
        param: null,
        code: status === 429 ? "rate_limit_exceeded" : "upstream_invalid_request",
      },
    });
    if (text === undefined) expect(error.message).not.toContain("The upstream says");
    else expect(error.message).toContain(`The upstream says: ${text}`);
    expect(error.message).not.toContain("<html>");
    expect(error.message.includes("base_url")).toBe(status === 404);
  });

  it("quotes at most 500 characters", async () => {
    const error = await refusedWith(400, "words ".repeat(5000));
    expect(error.message.length).toBeLessThan(700);
    const long = await refusedWith(400, {
      error: { message: `This model's maximum context length is 8192 tokens. ${"x".repeat(5000)}` },
    });
    expect(long.message.length).toBe(500);
  });

  /** As OpenAI, vLLM, Mistral, Anthropic, xAI, Gemini, Cohere, llama.cpp, TGI, Moonshot and Groq word it. */
  const TOO_LONG: readonly unknown[] = [
    {
      error: {
        message:
          "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        code: "context_length_exceeded",
      },
    },
    {
      error: {
        message: "Please reduce the length of the messages or completion.",
        code: "context_length_exceeded",
      },
    },
    {
      object: "error",
      message: "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.",
    },
    { message: "Prompt contains 40000 tokens, too large for model with 32768 maximum context length" },
    { error: { message: "prompt is too long: 208310 tokens > 200000 maximum" } },
    { error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens." },
    [{ error: { message: "unused" } }],
    {
      error: {
        message: "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
      },
    },
    { message: "too many tokens: total number of tokens in the prompt cannot exceed 4081" },
    {
      error: {
        code: 400,
        message: "the request exceeds the available context size, try increasing it",
        type: "exceed_context_size_error",
      },
    },
    { error: "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000" },
    { error: { message: "Invalid request: Your request exceeded model token limit: 8192" } },
    { error: { message: "Your input exceeds the context window of this model." } },
    "prompt is too long",
  ].filter((body) => !Array.isArray(body));

  it.each(TOO_LONG)("%j is context_length_exceeded in OpenAI's words", async (body) => {
    for (const status of [400, 413, 422]) {
      const error = await refusedWith(status, body);
      expect(error).toMatchObject({
        code: "context_length_exceeded",
        status: 400,
        param: "messages",
        passthrough: undefined,
      });
      expect(error.message).toContain("maximum context length");
    }
    expect((await refusedWith(429, body)).code).toBe("rate_limit_exceeded");
    expect((await refusedWith(404, body)).code).toBe("upstream_invalid_request");
    expect((await refusedWith(500, body)).code).toBe("upstream_error");
  });

  it.each([
    "max_tokens must be <= 4096",
    "max_tokens is too large: 100000. This model supports at most 4096 completion tokens.",
    "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64.",
    "temperature must be <= 2",
    "user: text is too long",
  ])("%j is not", async (message) => {
    const error = await refusedWith(400, { error: { message } });
    expect(error).toMatchObject({ code: "upstream_invalid_request", status: 400 });
  });
});
