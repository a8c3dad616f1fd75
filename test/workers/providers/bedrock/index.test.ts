import { afterEach, describe, expect, it, vi } from "vitest";
import type { Upstream } from "../../../../src/contracts.ts";
import { RouterError } from "../../../../src/errors.ts";
import { bedrock } from "../../../../src/providers/bedrock/index.ts";
import { providerOf } from "../../../../src/providers/index.ts";
import {
  ACCESS_KEY,
  AWS_BINDINGS,
  bedrockTarget,
  bindings,
  callContext,
  chatRequest,
  exceptionFrame,
  failureOf,
  deltasOf,
  placeOf,
  HAIKU,
  openAiTarget,
  recordedBindings,
  SECRET_KEY,
  SESSION_TOKEN,
  wire,
} from "../support.ts";
import { DELTAS, STREAMED_DELTAS, FRAMES, streamed, whole } from "./answers.ts";

afterEach(() => vi.restoreAllMocks());

const refusal = (status: number, name: string, message: string, headers = {}) =>
  Response.json({ message }, { status, headers: { "x-amzn-errortype": name, ...headers } });

async function open(
  target = bedrockTarget(),
  more: Parameters<typeof chatRequest>[0] = {},
  context = callContext(),
): Promise<Upstream> {
  return bedrock.open(placeOf(target), chatRequest(more), context);
}

describe("a Bedrock call", () => {
  it("is one signed POST to InvokeModel", async () => {
    const sent = wire(whole);
    const upstream = await open(bedrockTarget({ regions: ["eu-west-1"] }), {
      temperature: 0.5,
      max_tokens: 300,
    });
    expect(await deltasOf(upstream)).toEqual(DELTAS);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      url: `https://bedrock-runtime.eu-west-1.amazonaws.com/model/${encodeURIComponent(HAIKU)}/invoke`,
      method: "POST",
      redirect: "manual",
    });
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual({
      anthropic_version: "bedrock-2023-05-31",
      max_tokens: 300,
      temperature: 0.5,
      messages: [{ role: "user", content: [{ type: "text", text: "Hi there" }] }],
    });
    expect(sent[0]?.headers).toEqual({
      accept: "application/json",
      "content-type": "application/json",
      "x-amz-date": expect.stringMatching(/^\d{8}T\d{6}Z$/),
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-west-1\/bedrock\/aws4_request, SignedHeaders=accept;host;x-amz-date, Signature=[0-9a-f]{64}$/,
      ),
    });
  });

  it("streams through InvokeModelWithResponseStream", async () => {
    const sent = wire(() => streamed());
    const upstream = await open(bedrockTarget(), { stream: true });
    expect(await deltasOf(upstream)).toEqual(STREAMED_DELTAS);
    expect(sent[0]?.url).toMatch(/\/invoke-with-response-stream$/);
    expect(sent[0]?.headers).toMatchObject({
      accept: "application/vnd.amazon.eventstream",
      "x-amzn-bedrock-accept": "application/json",
      "content-type": "application/json",
    });
    expect(JSON.parse(sent[0]?.body ?? "")).not.toHaveProperty("stream");
  });

  it("follows AWS_REGION, AWS_DEFAULT_REGION and the endpoint override", async () => {
    const sent = wire(whole);
    const bound = (more: Record<string, string>) => callContext(bindings({ ...AWS_BINDINGS, ...more }));
    await open(bedrockTarget(), {}, bound({ AWS_REGION: "ap-northeast-1", AWS_DEFAULT_REGION: "eu-west-1" }));
    await open(bedrockTarget(), {}, bound({ AWS_DEFAULT_REGION: "cn-north-1" }));
    await open(bedrockTarget(), {}, bound({ AWS_ENDPOINT_URL_BEDROCK_RUNTIME: "http://localhost:9000/" }));
    await open(bedrockTarget({ regions: ["us-gov-west-1"] }), {}, bound({ AWS_REGION: "eu-west-1" }));
    expect(sent.map(({ url }) => new URL(url).origin)).toEqual([
      "https://bedrock-runtime.ap-northeast-1.amazonaws.com",
      "https://bedrock-runtime.cn-north-1.amazonaws.com.cn",
      "http://localhost:9000",
      "https://bedrock-runtime.us-gov-west-1.amazonaws.com",
    ]);
    expect(sent.map(({ headers }) => headers.authorization?.match(/\/([\w-]+)\/bedrock\//)?.[1])).toEqual([
      "ap-northeast-1",
      "cn-north-1",
      "us-east-1",
      "us-gov-west-1",
    ]);
  });

  it("carries a session token, or a Bedrock API key alone", async () => {
    const sent = wire(whole);
    await open(
      bedrockTarget(),
      {},
      callContext(bindings({ ...AWS_BINDINGS, AWS_SESSION_TOKEN: SESSION_TOKEN })),
    );
    await open(
      bedrockTarget(),
      {},
      callContext(bindings({ ...AWS_BINDINGS, AWS_BEARER_TOKEN_BEDROCK: "ABSKexample" })),
    );
    expect(sent[0]?.headers).toMatchObject({
      "x-amz-security-token": SESSION_TOKEN,
      authorization: expect.stringContaining("SignedHeaders=accept;host;x-amz-date;x-amz-security-token,"),
    });
    expect(sent[1]?.headers).toEqual({
      accept: "application/json",
      "content-type": "application/json",
      authorization: "Bearer ABSKexample",
    });
  });

  it("reads AWS's bindings and nothing else, least of all an API key", async () => {
    wire(whole);
    const { binding, read } = recordedBindings({
      ...AWS_BINDINGS,
      BEDROCK_API_KEY: "no",
      OPENAI_API_KEY: "no",
    });
    await open(bedrockTarget(), {}, callContext(binding));
    expect(read.length).toBeGreaterThan(0);
    expect(read.filter((name) => !name.startsWith("AWS_"))).toEqual([]);
  });

  it("reads no binding that the model's own keys make needless", async () => {
    wire(whole);
    const { binding, read } = recordedBindings(AWS_BINDINGS);
    const target = bedrockTarget({
      regions: ["eu-west-1"],
      baseUrl: "https://gateway.test",
      credentials: { accessKeyId: "AKIAOWN", secretAccessKey: "own-secret" },
    });
    await open(target, {}, callContext(binding));
    expect(read).toEqual(["AWS_REGION", "AWS_DEFAULT_REGION"].filter((name) => read.includes(name)));
  });

  it("never starts without credentials", async () => {
    const sent = wire(whole);
    const error = await failureOf(() => open(bedrockTarget(), {}, callContext(bindings({}))));
    expect(error.code).toBe("aws_credentials_missing");
    expect(sent).toEqual([]);
  });

  it("refuses tools that are not functions", async () => {
    const sent = wire(whole);
    const custom = { tools: [{ type: "custom", custom: { name: "grep" } }] };
    const error = await failureOf(() => open(bedrockTarget(), custom));
    expect(error).toMatchObject({ code: "unsupported_parameter", param: expect.stringMatching(/^tools/) });
    expect(sent).toEqual([]);
  });

  it("is refused by nothing but the right kind of target", async () => {
    expect(providerOf(bedrockTarget())).toBe(bedrock);
    await expect(bedrock.open(placeOf(openAiTarget()), chatRequest(), callContext())).rejects.toThrow(
      TypeError,
    );
  });
});

describe("max_tokens", () => {
  const asked = async (target: Parameters<typeof bedrockTarget>[0], more = {}) => {
    const sent = wire(whole);
    const { dropped } = await open(bedrockTarget(target), more);
    vi.restoreAllMocks();
    return { asked: JSON.parse(sent[0]?.body ?? "").max_tokens, dropped };
  };

  it("is the client's, else the configuration's, else what the table allows, else 4096", async () => {
    expect(await asked({ maxTokens: 500 }, { max_tokens: 30 })).toEqual({ asked: 30, dropped: [] });
    expect(await asked({ maxTokens: 500 }, { max_completion_tokens: 40 })).toEqual({
      asked: 40,
      dropped: [],
    });
    expect(await asked({ maxTokens: 500 })).toEqual({ asked: 500, dropped: [] });
    expect(await asked({ model: "anthropic.claude-3-5-sonnet-20241022-v2:0" })).toEqual({
      // One less than the most: some models refuse exactly that.
      asked: 8191,
      dropped: [],
    });
    const hidden = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/x";
    expect(await asked({ model: hidden, family: "anthropic" })).toEqual({ asked: 4096, dropped: [] });
  });

  it("is lowered to fit the context, which the client is told of what it asked for", async () => {
    const long = { messages: [{ role: "user", content: "x".repeat(4000) }] };
    // 1000 tokens of prompt and 100 kept back leave 900 of 2000.
    expect(await asked({ contextLimit: 2000 }, { ...long, max_tokens: 1000 })).toEqual({
      asked: 900,
      dropped: ["max_tokens"],
    });
    expect(await asked({ contextLimit: 2000, maxTokens: 1000 }, long)).toEqual({ asked: 900, dropped: [] });
    expect(await asked({ contextLimit: 2000 }, { ...long, max_tokens: 900 })).toEqual({
      asked: 900,
      dropped: [],
    });
    // Under 256 would remain: Bedrock judges.
    expect(await asked({ contextLimit: 1300 }, { ...long, max_tokens: 1000 })).toEqual({
      asked: 1000,
      dropped: [],
    });
  });
});

describe("what Bedrock refuses", () => {
  it("becomes the router's error, with the name from the header", async () => {
    wire(() =>
      refusal(
        429,
        "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/",
        "Too many tokens, please wait.",
        { "retry-after": "9" },
      ),
    );
    const error = await failureOf(() => open());
    expect(error).toMatchObject({ code: "rate_limit_exceeded", status: 429, retryAfter: 9 });
  });

  it.each([
    [{ __type: "com.amazon.coral#ExpiredTokenException", Message: "x" }, "aws_credentials_expired"],
    [{ code: "ExpiredTokenException", message: "x" }, "aws_credentials_expired"],
    [{ Message: "Authorization header is missing" }, "aws_credentials_rejected"],
    [
      { message: "You don't have access to the model with the specified model ID." },
      "bedrock_model_access_denied",
    ],
    [{ message: 7, __proto__: null }, "aws_access_denied"],
    [null, "aws_access_denied"],
    [[], "aws_access_denied"],
  ])("reads the body %j where the header says nothing", async (body, code) => {
    wire(() => Response.json(body, { status: 403, headers: { "x-amzn-errortype": "" } }));
    expect((await failureOf(() => open())).code).toBe(code);
  });

  it.each([
    [400, "upstream_invalid_request"],
    [403, "aws_access_denied"],
    [404, "bedrock_model_invalid"],
    [500, "upstream_error"],
    [502, "upstream_unavailable"],
    [504, "upstream_timeout"],
  ])("an HTML page with status %i is told apart by the status, and not shown", async (status, code) => {
    wire(
      () =>
        new Response("<html><h1>Proxy says no</h1></html>", {
          status,
          headers: { "content-type": "text/html" },
        }),
    );
    const error = await failureOf(() => open());
    expect(error.code).toBe(code);
    expect(error.message).not.toMatch(/<|Proxy/);
  });

  it("shows no secret and no ARN, in the answer or the log", async () => {
    const text = `User: arn:aws:iam::123456789012:user/x with ${ACCESS_KEY} ${SECRET_KEY} x-amz-security-token:${SESSION_TOKEN}`;
    for (const [status, name] of [
      [400, "ValidationException"],
      [403, "InvalidSignatureException"],
      [424, "ModelErrorException"],
    ] as const) {
      wire(() => refusal(status, name, text));
      const error = await failureOf(() => open());
      vi.restoreAllMocks();
      expect(JSON.stringify(error.toBody())).not.toMatch(/arn:aws|123456789012|AKIA|wJalr|IQoJb/);
      expect(String(error.cause)).not.toMatch(/AKIA|wJalr|IQoJb/);
    }
  });

  it("reads only the beginning of an endless error and lets go of it", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(16_384).fill(0x20)),
      cancel: () => {
        cancelled = true;
      },
    });
    wire(() => new Response(endless, { status: 503 }));
    expect((await failureOf(() => open())).code).toBe("upstream_unavailable");
    expect(cancelled).toBe(true);
  });
});

describe("an answer that is none", () => {
  it.each(["application/json", "text/html", ""])(
    "of content type %j for a stream is refused at once",
    async (type) => {
      let cancelled = false;
      const body = new ReadableStream({
        cancel: () => {
          cancelled = true;
        },
      });
      wire(() => new Response(body, { headers: type === "" ? {} : { "content-type": type } }));
      const error = await failureOf(() => open(bedrockTarget(), { stream: true }));
      expect(error).toMatchObject({ code: "upstream_stream_invalid", status: 500 });
      expect(error.message).toContain("base_url");
      expect(cancelled).toBe(true);
    },
  );

  it("takes the content type in any case and with parameters", async () => {
    wire(() => streamed(FRAMES, "Application/Vnd.Amazon.EventStream; charset=x"));
    expect(await deltasOf(await open(bedrockTarget(), { stream: true }))).toEqual(STREAMED_DELTAS);
  });

  it("of no bytes is cut short", async () => {
    for (const stream of [true, false]) {
      wire(() => new Response(null, { headers: { "content-type": "application/vnd.amazon.eventstream" } }));
      const [last, ...more] = await deltasOf(await open(bedrockTarget(), { stream }));
      expect(last).toMatchObject({
        type: "error",
        error: { code: stream ? "upstream_truncated" : "upstream_stream_invalid" },
      });
      expect(more).toEqual([]);
      vi.restoreAllMocks();
    }
  });

  it("is an error delta when the first frame is an exception", async () => {
    wire(() => streamed(exceptionFrame("throttlingException", { message: "Too many tokens, please wait." })));
    const deltas = await deltasOf(await open(bedrockTarget(), { stream: true }));
    expect(deltas).toMatchObject([{ type: "error", error: { code: "rate_limit_exceeded" } }]);
  });

  it.each([
    ["its length is known and short", { "content-length": "1048576" }, true],
    ["its length is unknown", {}, false],
    ["its length is no number", { "content-length": "many" }, false],
    ["it is long", { "content-length": "1048577" }, false],
    ["its length is that of compressed bytes", { "content-length": "9", "content-encoding": "gzip" }, false],
  ])("in one body, where %s, can be had whole: %j %s", async (_, headers, isWhole) => {
    wire(async () => new Response(new Blob([await whole().text()]).stream(), { headers }));
    const bytes = vi.spyOn(Response.prototype, "bytes");
    expect(await deltasOf(await open())).toEqual(DELTAS);
    expect(bytes).toHaveBeenCalledTimes(isWhole ? 1 : 0);
  });

  it("in one body, of a stream that announces a length, is read in parts all the same", async () => {
    const headers = { "content-type": "application/vnd.amazon.eventstream", "content-length": "9" };
    wire(() => new Response(FRAMES, { headers }));
    const bytes = vi.spyOn(Response.prototype, "bytes");
    const deltas = await deltasOf(await open(bedrockTarget(), { stream: true }));
    expect(deltas).toEqual(expect.arrayContaining([...DELTAS]));
    expect(bytes).not.toHaveBeenCalled();
  });

  it("is not looked for behind a redirect", async () => {
    const sent = wire(
      () => new Response(null, { status: 307, headers: { location: "https://elsewhere.test/" } }),
    );
    const error = await failureOf(() => open());
    expect(error).toMatchObject({ code: "config_invalid", shouldRetry: false });
    expect(error.message).not.toContain("elsewhere");
    expect(sent).toHaveLength(1);
    expect(sent[0]?.redirect).toBe("manual");
  });

  it("is upstream_unreachable when the connection fails", async () => {
    const lost = new TypeError("Network connection lost.");
    wire(() => Promise.reject(lost));
    const error = await failureOf(() => open());
    expect(error).toMatchObject({ code: "upstream_unreachable", shouldRetry: true, cause: lost });
    expect(error.message).toContain("Bedrock in us-east-1");
  });

  it("ends with the reason of the abort", async () => {
    const abort = new AbortController();
    const reason = new RouterError("upstream_timeout", "too slow");
    wire(() => {
      abort.abort(reason);
      return Promise.reject(new DOMException("aborted", "AbortError"));
    });
    const context = callContext(bindings(), abort);
    await expect(open(bedrockTarget(), {}, context)).rejects.toBe(reason);
  });

  it("stops when it is aborted in the middle", async () => {
    const abort = new AbortController();
    const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async () => streamed());
    await open(bedrockTarget(), { stream: true }, callContext(bindings(), abort));
    // The runtime breaks off the body with the signal that fetch was given.
    expect(fetched.mock.calls[0]?.[1]?.signal).toBe(abort.signal);
  });
});
