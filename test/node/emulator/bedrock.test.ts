/// <reference path="../../types.d.ts" />
import cases from "virtual:vectors/streams";
import { AwsClient } from "aws4fetch";
import { describe, expect, it } from "vitest";
import { startEmulator } from "../../../emulator/index.ts";
import { asObject, type JsonObject } from "../../../emulator/json.ts";
import {
  ask,
  bodyOf,
  bytesOf,
  type Call,
  call,
  callAtHost,
  callSigned,
  emulatorHere,
  eventsOf,
  framesOf,
  HAIKU_3,
  parse,
  payloadOf,
  recordOf,
  textOf,
} from "./client.ts";

const emulator = emulatorHere(1);

const QUESTION = "What is the capital of France?";

describe("signatures", () => {
  const forbidden = async (response: Response, type: string, text: string | RegExp) => {
    expect(response.status).toBe(403);
    expect(response.headers.get("x-amzn-errortype")).toMatch(new RegExp(`^${type}:http`));
    expect(response.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
    const { message, Message } = await bodyOf(response);
    expect(message ?? Message).toMatch(text);
  };
  const minutes = (count: number) => new Date(Date.now() + count * 60_000);
  const request: Call = { body: ask(QUESTION), stream: false };

  it("accepts the long-term key and records the scope", async () => {
    const body = ask(`${QUESTION} scope-marker`);
    const response = await callSigned(emulator(), { body, stream: false }, { region: "eu-north-1" });
    expect(response.status).toBe(200);
    expect(recordOf(emulator(), "scope-marker")).toMatchObject({
      method: "POST",
      path: `/model/${encodeURIComponent(HAIKU_3)}/invoke`,
      model: HAIKU_3,
      region: "eu-north-1",
      service: "bedrock",
      body,
      status: 200,
      outcome: "complete",
    });
    expect(recordOf(emulator(), "scope-marker").signedHeaders).toContain("host");
  });

  it("accepts temporary credentials", async () => {
    const response = await callSigned(emulator(), request, { credentials: emulator().temporaryCredentials });
    expect(response.status).toBe(200);
  });

  it.each([
    ["a plain id", HAIKU_3, ""],
    ["an ARN", "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-6", ""],
    ["a fault prefix", HAIKU_3, "/@slow:1"],
  ])("accepts what aws4fetch signs: %s", async (_, model, prefix) => {
    const client = new AwsClient({
      ...emulator().temporaryCredentials,
      service: "bedrock",
      region: "us-west-2",
      retries: 0,
    });
    const url = `${emulator().url}${prefix}/model/${encodeURIComponent(model)}/invoke`;
    const response = await client.fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(ask("grüße 東京")),
    });
    expect(response.status).toBe(200);
  });

  it("refuses a call without credentials", async () => {
    const response = await fetch(`${emulator().url}/model/${HAIKU_3}/invoke`, { method: "POST", body: "{}" });
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ Message: "Authorization header is missing" });
  });

  it("refuses a wrong API key", async () => {
    const response = await call(emulator(), { ...request, headers: { authorization: "Bearer nope" } });
    await forbidden(response, "AccessDeniedException", /API Key is valid/);
  });

  it("refuses an unknown access key", async () => {
    const credentials = { accessKeyId: "SOMEBODYELSE", secretAccessKey: "x" };
    const response = await callSigned(emulator(), request, { credentials });
    await forbidden(
      response,
      "UnrecognizedClientException",
      "The security token included in the request is invalid.",
    );
  });

  it("refuses temporary keys without their token, and long-term keys with one", async () => {
    const { sessionToken, ...bare } = emulator().temporaryCredentials;
    const without = await callSigned(emulator(), request, { credentials: bare });
    await forbidden(without, "UnrecognizedClientException", /invalid/);
    const credentials = { ...emulator().credentials, sessionToken };
    const superfluous = await callSigned(emulator(), request, { credentials });
    await forbidden(superfluous, "UnrecognizedClientException", /invalid/);
  });

  it("refuses stale tokens and expired credentials", async () => {
    const credentials = { ...emulator().temporaryCredentials, sessionToken: "yesterday" };
    const text = "The security token included in the request is expired";
    await forbidden(await callSigned(emulator(), request, { credentials }), "ExpiredTokenException", text);
    const expired = { credentials: emulator().expiredCredentials };
    await forbidden(await callSigned(emulator(), request, expired), "ExpiredTokenException", text);
  });

  it("refuses a wrong secret", async () => {
    const credentials = { ...emulator().credentials, secretAccessKey: "guessed" };
    const response = await callSigned(emulator(), request, { credentials });
    await forbidden(
      response,
      "InvalidSignatureException",
      /^The request signature we calculated does not match/,
    );
  });

  it("refuses another service, an old date and a future date", async () => {
    const type = "InvalidSignatureException";
    const service = await callSigned(emulator(), request, { service: "bedrock-runtime" });
    await forbidden(service, type, "Credential should be scoped to correct service: 'bedrock'.");
    const old = await callSigned(emulator(), request, { date: minutes(-6) });
    await forbidden(old, type, /^Signature expired: \d{8}T\d{6}Z is now earlier than .* - 5 min\.\)$/);
    const early = await callSigned(emulator(), request, { date: minutes(6) });
    await forbidden(early, type, /^Signature not yet current/);
    expect((await callSigned(emulator(), request, { date: minutes(-4) })).status).toBe(200);
  });

  it("refuses a region that the host does not serve", async () => {
    const host = "bedrock-runtime.eu-west-1.amazonaws.com";
    const { status, text } = await callAtHost(emulator(), host, request, { region: "us-east-1" });
    expect(status).toBe(403);
    expect(text).toContain("Credential should be scoped to a valid region, not 'us-east-1'.");
    expect(await callAtHost(emulator(), host, request, { region: "eu-west-1" })).toMatchObject({
      status: 200,
    });
  });

  it("refuses a body that was changed on the way", async () => {
    const headers = { "x-amz-content-sha256": "0".repeat(64) };
    const response = await callSigned(emulator(), { ...request, headers });
    await forbidden(response, "InvalidSignatureException", /x-amz-content-sha256/);
  });

  it("calls a malformed Authorization header incomplete", async () => {
    const headers = { authorization: "AWS4-HMAC-SHA256 Credential=x" };
    const response = await call(emulator(), { ...request, headers });
    expect(response.status).toBe(400);
    expect(response.headers.get("x-amzn-errortype")).toMatch(/^IncompleteSignatureException/);
  });
});

describe("operations", () => {
  it("knows only its own, by POST, with the id in one segment", async () => {
    const init = { headers: { authorization: `Bearer ${emulator().bearerToken}` } };
    const paths = [`/model/${HAIKU_3}/invoke`, `/model/${HAIKU_3}/count`, "/model/a/b/invoke"];
    for (const [index, path] of paths.entries()) {
      const method = index === 0 ? "GET" : "POST";
      const response = await fetch(emulator().url + path, { ...init, method });
      expect(response.status).toBe(404);
      expect(await response.text()).toContain("UnknownOperationException");
    }
  });

  it.each([
    ["no JSON", { body: "{" }, /^Malformed input request, please reformat/],
    ["a list", { body: "[]" }, /^Malformed input request, please reformat/],
    ["a content type", { body: ask("x"), headers: { "content-type": "text/plain" } }, /Content Type/],
    ["an accept type", { body: ask("x"), headers: { "x-amzn-bedrock-accept": "text/html" } }, /Accept Type/],
  ])("refuses %s", async (_, request: Call, text) => {
    const response = await call(emulator(), request);
    expect(response.status).toBe(400);
    expect((await bodyOf(response)).message).toMatch(text);
  });

  it("streams events of the recorded shape", async () => {
    const response = await callSigned(emulator(), { body: ask(QUESTION) });
    expect(response.headers.get("content-type")).toBe("application/vnd.amazon.eventstream");
    expect(response.headers.get("x-amzn-bedrock-content-type")).toBe("application/json");
    const { frames, rest } = framesOf(await bytesOf(response));
    expect(rest).toBe(0);
    for (const frame of frames) {
      expect(Object.entries(frame.headers)).toEqual([
        [":event-type", "chunk"],
        [":content-type", "application/json"],
        [":message-type", "event"],
      ]);
      expect(frame.body).toMatch(/^\{"bytes":"[A-Za-z0-9+/]+=*","p":"a[a-zA-Z0-9]*"\}$/);
    }
    const events = frames.map(payloadOf);
    expect(textOf(events)).toContain(`You asked: "${QUESTION}"`);
    expect(events.at(-1)).toMatchObject({ type: "message_stop", "amazon-bedrock-invocationMetrics": {} });
  });

  it("gives the same answer in one body, with counts in the headers", async () => {
    const [response, streamed] = [
      await callSigned(emulator(), { body: ask(QUESTION), stream: false }),
      await eventsOf(await callSigned(emulator(), { body: ask(QUESTION) })),
    ];
    const { content, usage, stop_reason } = await bodyOf(response);
    expect(content).toEqual([{ type: "text", text: textOf(streamed) }]);
    expect(stop_reason).toBe("end_turn");
    const { input_tokens, output_tokens } = asObject(usage);
    expect(response.headers.get("x-amzn-bedrock-input-token-count")).toBe(String(input_tokens));
    expect(response.headers.get("x-amzn-bedrock-output-token-count")).toBe(String(output_tokens));
    expect(asObject(streamed.at(-1)?.["amazon-bedrock-invocationMetrics"])).toMatchObject({
      inputTokenCount: input_tokens,
      outputTokenCount: output_tokens,
    });
  });
});

describe.skipIf(cases.length === 0)("recordings", () => {
  /** The names of all members, at every depth, in order. */
  const skeleton = (value: unknown): unknown =>
    Object.entries(asObject(value)).map(([key, member]) => [key, skeleton(member)]);
  const firstOfEach = (events: readonly JsonObject[]): Map<unknown, unknown> =>
    new Map([...events].reverse().map((event) => [event.type, skeleton(event)]));

  it.each([
    ["claude-text", "anthropic.claude-3-5-sonnet-20240620-v1:0"],
    ["claude-max-tokens-cache-write", "us.anthropic.claude-sonnet-4-20250514-v1:0"],
  ])("members and their order are those of %s", async (name, model) => {
    const lines =
      cases
        .find((vector) => vector.name === name)
        ?.jsonl?.trim()
        .split("\n") ?? [];
    const recorded = firstOfEach(lines.map((line) => asObject(parse(line))));
    const emulated = firstOfEach(await eventsOf(await call(emulator(), { model, body: ask(QUESTION) })));
    expect(recorded.size).toBe(6);
    expect(emulated).toEqual(recorded);
  });

  it("an exception frame is that of claude-throttling-mid-stream", async () => {
    const bin = cases.find((vector) => vector.name === "claude-throttling-mid-stream")?.bin ?? "";
    const recorded = framesOf(Buffer.from(bin, "base64")).frames.at(-1);
    const response = await call(emulator(), { prefix: "/@exception", body: ask(QUESTION) });
    const emulated = framesOf(await bytesOf(response)).frames.at(-1);
    expect(Object.entries(emulated?.headers ?? {})).toEqual(Object.entries(recorded?.headers ?? {}));
    expect(skeleton(parse(emulated?.body ?? ""))).toEqual(skeleton(parse(recorded?.body ?? "")));
  });
});

describe("control over HTTP", () => {
  it("lists and clears the requests", async () => {
    const other = await startEmulator({ paceMs: 0 });
    await call(other, { body: ask("listed") }).then(bytesOf);
    const list = `${other.url}/_emulator/requests`;
    expect(await fetch(list).then((response) => response.json())).toMatchObject([
      { startedAt: 0, outcome: "complete", body: ask("listed"), framesSent: expect.any(Number) },
    ]);
    expect((await fetch(list, { method: "DELETE" })).status).toBe(204);
    expect(await fetch(list).then((response) => response.json())).toEqual([]);
    expect((await fetch(list, { method: "POST" })).status).toBe(405);
    await call(other, { body: ask("later") }).then(bytesOf);
    expect(other.requests.map(({ startedAt }) => startedAt)).toEqual([1]);
    expect((await fetch(`${other.url}/nowhere`)).status).toBe(404);
    await other.close();
    await expect(fetch(list)).rejects.toThrow();
  });
});
