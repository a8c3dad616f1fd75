import OpenAI, {
  type APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Emulator } from "../../../emulator/index.ts";
import { schema } from "../../support/openai-schemas.ts";
import { CLIENT_KEY, eventually, openAiClient, type Stack, startStack } from "../../support/stack.ts";
import { ask, failureOf, fold, say } from "./ask.ts";
import { closedPort } from "./faults.ts";

const HAIKU = "anthropic.claude-3-haiku-20240307-v1:0";
const SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0";
const WAYS = [
  ["streamed", true],
  ["whole", false],
] as const;
const errorProblems = schema("ErrorResponse");

function target({ url, credentials }: Emulator, more: object = {}) {
  return {
    provider: "bedrock",
    model: HAIKU,
    base_url: url,
    aws_access_key_id: credentials.accessKeyId,
    aws_secret_access_key: credentials.secretAccessKey,
    ...more,
  };
}

let stack: Stack;
/** Tries twice, then a model that answers. */
let falling: Stack;
/** Tries twice, and gives a model 300 ms unless the model says otherwise. */
let hasty: Stack;

beforeAll(async () => {
  const nowhere = await closedPort();
  stack = await startStack({
    config: (emulator) => ({
      router: { retry: 0 },
      llms: {
        claude: target(emulator),
        keyless: { provider: "bedrock", model: HAIKU },
        rejected: target(emulator, { aws_secret_access_key: "wrong-secret-access-key" }),
        expired: target(emulator, {
          aws_access_key_id: emulator.expiredCredentials.accessKeyId,
          aws_secret_access_key: emulator.expiredCredentials.secretAccessKey,
          aws_session_token: emulator.expiredCredentials.sessionToken,
        }),
        unknown: target(emulator, { model: "anthropic.claude-unheard-of-v1:0" }),
        retired: target(emulator, { model: "anthropic.claude-v2:1" }),
        "on-demand": target(emulator, { model: SONNET }),
        "no-access": target(emulator, { base_url: `${emulator.url}/@model-access` }),
        patient: target(emulator, { timeout: "300ms" }),
        unreachable: target(emulator, { base_url: nowhere }),
        "unreachable-gpt": { provider: "openai", model: "m", base_url: nowhere, auth_mode: "none" },
      },
    }),
  });
  const { emulator } = stack;
  const retry = { attempts: 1, base_ms: 1, max_ms: 5 };
  [falling, hasty] = await Promise.all([
    startStack({
      emulator,
      config: () => ({
        router: { retry, fallback_models: ["backup"] },
        llms: {
          flaky: target(emulator, { base_url: `${emulator.url}/@flaky-1.retry:throttle` }),
          throttled: target(emulator, { base_url: `${emulator.url}/@throttle` }),
          poisoned: target(emulator, { base_url: `${emulator.url}/@exception-first` }),
          backup: target(emulator),
        },
      }),
    }),
    startStack({
      emulator,
      config: () => ({
        router: { retry, timeout: "300ms", idle_timeout: "1s" },
        llms: { hasty: target(emulator), calm: target(emulator, { timeout: "60s" }) },
      }),
    }),
  ]);
}, 60_000);
afterAll(async () => {
  await Promise.all([falling?.close(), hasty?.close()]);
  await stack?.close();
});

/** Nothing that names an account or opens anything. */
function expectPublic(error: APIError): void {
  const text = JSON.stringify([error.message, error.error]);
  expect(error.message.replace(/^\d{3}\s*/, "")).toMatch(/\w+ \w+/);
  expect(text).not.toMatch(
    /arn:|\d{12}|EMULATOR|secret-access-key|Signature=|emulated-user|sk-test|127\.0\.0\.1/,
  );
}

// Faults in place of an answer, with and without streaming alike: fault, status, code, class, worth another try.
const REFUSALS = [
  ["throttle", 429, "rate_limit_exceeded", RateLimitError, true],
  ["unavailable", 500, "upstream_unavailable", InternalServerError, true],
  ["overloaded", 500, "upstream_unavailable", InternalServerError, true],
  ["internal", 500, "upstream_error", InternalServerError, true],
  ["model-error", 500, "upstream_error", InternalServerError, true],
  ["model-timeout", 500, "upstream_timeout", InternalServerError, true],
  ["not-ready", 500, "upstream_not_ready", InternalServerError, true],
  ["access-denied", 500, "aws_access_denied", InternalServerError, false],
  ["model-access", 500, "bedrock_model_access_denied", InternalServerError, false],
  ["quota", 500, "bedrock_quota_exceeded", InternalServerError, false],
  ["too-long", 400, "context_length_exceeded", BadRequestError, false],
  ["error-html", 500, "upstream_unavailable", InternalServerError, true],
  ["redirect", 500, "config_invalid", InternalServerError, false],
  ["wrong-type", 500, "upstream_stream_invalid", InternalServerError, true],
  ["reset", 500, "upstream_unreachable", InternalServerError, true],
  ["exception-first throttlingException", 429, "rate_limit_exceeded", RateLimitError, true],
  ["exception-first validationException", 400, "context_length_exceeded", BadRequestError, false],
  ["exception-first internalServerException", 500, "upstream_error", InternalServerError, true],
  ["exception-first modelStreamErrorException", 500, "upstream_error", InternalServerError, true],
  ["exception-first modelTimeoutException", 500, "upstream_timeout", InternalServerError, true],
  ["exception-first serviceUnavailableException", 500, "upstream_unavailable", InternalServerError, true],
] as const;

// Faults after some text: fault, code in the stream, then status and code without streaming.
const BREAKS = [
  ["cut", "upstream_truncated", 500, "upstream_stream_invalid"],
  ["cut-clean", "upstream_truncated", 500, "upstream_stream_invalid"],
  ["reset-mid", "upstream_truncated", 500, "upstream_truncated"],
  ["corrupt-crc", "upstream_stream_invalid", 500, "upstream_stream_invalid"],
  ["corrupt-prelude", "upstream_stream_invalid", 500, "upstream_stream_invalid"],
  ["bad-json", "upstream_stream_invalid", 500, "upstream_stream_invalid"],
  ["exception throttlingException", "rate_limit_exceeded", 429, "rate_limit_exceeded"],
  ["exception modelStreamErrorException", "upstream_error", 500, "upstream_error"],
  ["exception serviceUnavailableException", "upstream_unavailable", 500, "upstream_unavailable"],
  ["error-frame", "upstream_error", 500, "upstream_error"],
  ["in-band-error", "upstream_unavailable", 500, "upstream_unavailable"],
] as const;

describe.each(WAYS)("a refusal, %s", (_, streaming) => {
  it.each(REFUSALS)("%s is HTTP %i, %s", async (fault, status, code, Class, again) => {
    const error = await failureOf(ask(stack.client, say("claude", `Hi [[fault: ${fault}]]`), streaming));
    expect(error).toBeInstanceOf(Class);
    const param = code === "context_length_exceeded" ? "messages" : null;
    expect(error).toMatchObject({ status, code, param });
    expect(error.headers?.get("x-should-retry")).toBe(String(again));
    expect(errorProblems({ error: error.error })).toEqual([]);
    expectPublic(error);
  });

  it("hands Retry-After on; without one it is a second", async () => {
    const waits = async (fault: string) =>
      (await failureOf(ask(stack.client, say("claude", `[[fault: ${fault}]]`), streaming))).headers?.get(
        "retry-after",
      );
    expect(await waits("throttle 7")).toBe("7");
    expect(await waits("throttle")).toBe("1");
    expect(await waits("internal")).toBeNull();
  });

  it("of a prompt that is too long has the words on which agents shorten it", async () => {
    const error = await failureOf(ask(stack.client, say("claude", "[[fault: too-long]]"), streaming));
    expect(error.message).toContain("maximum context length");
  });

  it.each([
    ["keyless", "aws_credentials_missing", /AWS_ACCESS_KEY_ID.*wrangler secret put/s, false],
    ["rejected", "aws_credentials_rejected", /llms\.rejected\.aws_secret_access_key/, false],
    ["expired", "aws_credentials_expired", /llms\.expired\.aws_session_token/, false],
    ["unknown", "bedrock_model_invalid", /anthropic\.claude-unheard-of-v1:0.*llms\.unknown\.model/s, false],
    ["retired", "bedrock_model_invalid", /llms\.retired\.model/, false],
    ["on-demand", "bedrock_inference_profile_required", /us\.anthropic\.claude-sonnet-4-5/, false],
    ["no-access", "bedrock_model_access_denied", /Marketplace subscription/, false],
    ["unreachable", "upstream_unreachable", /could not be reached/, true],
    ["unreachable-gpt", "upstream_unreachable", /could not be reached/, true],
  ])(
    "that has to be put right in the configuration: %s is %s, with advice",
    async (model, code, advice, again) => {
      const error = await failureOf(ask(stack.client, say(model, "Hi"), streaming));
      expect(error).toBeInstanceOf(InternalServerError);
      expect(error).toMatchObject({ status: 500, code, type: "server_error" });
      expect(error.message).toMatch(advice);
      expect(error.headers?.get("x-should-retry")).toBe(String(again));
      expectPublic(error);
    },
  );

  it("for want of an answer in time lets go of the upstream", async () => {
    const error = await failureOf(ask(stack.client, say("patient", "[[fault: hang]]"), streaming));
    expect(error).toMatchObject({ status: 500, code: "upstream_timeout" });
    expect(error.message).toContain("'patient' did not answer within 0.3 s");
    const record = stack.lastUpstream();
    await eventually(() => record.outcome === "aborted-by-client");
  });

  it("of the client's own request names the field and reaches nobody", async () => {
    const before = stack.emulator.requests.length;
    const wrong = await failureOf(ask(stack.client, { ...say("claude", "Hi"), temperature: 3 }, streaming));
    expect(wrong).toBeInstanceOf(BadRequestError);
    expect(wrong).toMatchObject({ code: "invalid_value", param: "temperature" });
    const stranger = await failureOf(
      ask(openAiClient(stack.url, "sk-wrong"), say("claude", "Hi"), streaming),
    );
    expect(stranger).toBeInstanceOf(AuthenticationError);
    expect(stranger).toMatchObject({ status: 401, code: "invalid_api_key" });
    const lost = new OpenAI({
      baseURL: `${stack.url}/v2`,
      apiKey: CLIENT_KEY,
      maxRetries: 0,
      logLevel: "off",
    });
    expect(await failureOf(ask(lost, say("claude", "Hi"), streaming))).toBeInstanceOf(NotFoundError);
    expect(stack.emulator.requests).toHaveLength(before);
  });
});

describe("an answer that breaks off", () => {
  const LONG = "Tell me of the sea, the wind, the stars, the moon, the tides and the long way home";
  const WHOLE = `You asked: "${LONG}" That is all the emulator knows.`;

  it.each(BREAKS)("by %s throws %s after the text that came", async (fault, code) => {
    const question = { ...say("claude", `${LONG}[[fault: ${fault}]]`), stream: true as const };
    const stream = await stack.client.chat.completions.create(question);
    const chunks: Parameters<typeof fold>[0][number][] = [];
    const error = await failureOf(
      (async () => {
        for await (const chunk of stream) chunks.push(chunk);
      })(),
    );
    expect(error.code).toBe(code);
    expectPublic(error);
    const { text, finish } = fold(chunks);
    expect(text.length).toBeGreaterThan(10);
    expect(WHOLE.startsWith(text)).toBe(true);
    expect(text).not.toBe(WHOLE);
    expect(finish).toBeUndefined();
  });

  it.each(BREAKS)("by %s ends in an error event, without [DONE]", async (fault, code) => {
    const response = await fetch(`${stack.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${CLIENT_KEY}` },
      body: JSON.stringify({ ...say("claude", `${LONG}[[fault: ${fault}]]`), stream: true }),
    });
    expect(response.status).toBe(200);
    const events = (await response.text()).split("\n\n").filter((event) => event !== "");
    const last: unknown = JSON.parse(events.at(-1)?.replace(/^data: /, "") ?? "");
    expect(errorProblems(last)).toEqual([]);
    expect(last).toMatchObject({ error: { code } });
    expect(events.filter((event) => event.includes('"error"'))).toHaveLength(1);
    expect(events.join()).not.toMatch(/\[DONE\]|"finish_reason":"/);
  });

  it.each(BREAKS)("by %s is no answer at all when it is not streamed", async (fault, _, status, code) => {
    const error = await failureOf(ask(stack.client, say("claude", `${LONG}[[fault: ${fault}]]`), false));
    expect(error).toMatchObject({ status, code });
    expectPublic(error);
  });

  it("before its first event is an HTTP error", async () => {
    for (const [, streaming] of WAYS) {
      const error = await failureOf(ask(stack.client, say("claude", "[[fault: empty]]"), streaming));
      expect(error).toMatchObject({
        status: 500,
        code: streaming ? "upstream_truncated" : "upstream_stream_invalid",
      });
    }
  });

  it("because the model falls silent is a timeout", async () => {
    const text = `${LONG}[[fault: hang-mid]]`;
    const error = await failureOf(ask(hasty.client, say("calm", text), true));
    expect(error.code).toBe("upstream_timeout");
    const record = hasty.lastUpstream();
    await eventually(() => record.outcome === "aborted-by-client");
  });
});

describe.each(WAYS)("what was tried again, %s", (_, streaming) => {
  it("is answered by the same model once it has recovered", async () => {
    // The emulator counts failures by path, and the two operations differ in theirs.
    const reply = await ask(falling.client, say("flaky", "Hi"), streaming);
    expect(reply.headers.get("x-router-attempts")).toBe("2");
    expect(reply).toMatchObject({ model: "flaky", finish: "stop" });
  });

  it.each(["throttled", "poisoned"])("is answered by another model (%s)", async (model) => {
    const reply = await ask(falling.client, say(model, "Hi"), streaming);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      "x-router-model": "backup",
      "x-router-attempts": "3",
    });
    expect(reply).toMatchObject({ model: "backup", finish: "stop", text: expect.stringContaining("Hi") });
  });

  it.each([
    ["internal", 500, "upstream_error", "false"],
    ["throttle", 429, "rate_limit_exceeded", "true"],
  ])("in vain (%s) is not to be repeated but for throttling", async (fault, status, code, again) => {
    const before = hasty.emulator.requests.length;
    const error = await failureOf(ask(hasty.client, say("calm", `[[fault: ${fault}]]`), streaming));
    expect(error).toMatchObject({ status, code });
    expect(error.headers?.get("x-should-retry")).toBe(again);
    expect(hasty.emulator.requests).toHaveLength(before + 2);
  });

  it("is given up when router.timeout passes each time", async () => {
    const before = hasty.emulator.requests.length;
    const error = await failureOf(ask(hasty.client, say("hasty", "[[fault: hang]]"), streaming));
    expect(error).toMatchObject({ status: 500, code: "upstream_timeout" });
    expect(error.headers?.get("x-should-retry")).toBe("false");
    expect(hasty.emulator.requests).toHaveLength(before + 2);
  });
});

describe("OpenAI's client with its own retries", () => {
  const patient = () => openAiClient(stack.url).withOptions({ maxRetries: 2 });

  it("comes again after throttling", async () => {
    const text = "Hi [[fault: flaky-1.client:throttle]]";
    const before = stack.emulator.requests.length;
    expect(await ask(patient(), say("claude", text), false)).toMatchObject({ finish: "stop" });
    expect(stack.emulator.requests).toHaveLength(before + 2);
  });

  it("does not repeat what cannot succeed", async () => {
    const before = stack.emulator.requests.length;
    await failureOf(ask(patient(), say("claude", "Hi [[fault: quota]]"), true));
    expect(stack.emulator.requests).toHaveLength(before + 1);
  });
});
