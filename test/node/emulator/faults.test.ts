import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  ask,
  bodyOf,
  bytesOf,
  call,
  callSigned,
  emulatorHere,
  framesOf,
  HAIKU_3,
  OPUS_4_6,
  parse,
  payloadOf,
  recordOf,
  SONNET_4_5,
  textOf,
} from "./client.ts";

const emulator = emulatorHere(1);

const QUESTION = "What is the capital of France?";

/** What of a body arrives before it fails; throws if it does not fail. */
async function bytesUntilError(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk);
  } catch {
    return Buffer.concat(chunks);
  }
  throw new Error("the body ended without an error");
}

describe("faults in place of an answer", () => {
  const table: [string, number, string, RegExp][] = [
    ["throttle", 429, "ThrottlingException", /Too many requests/],
    ["unavailable", 503, "ServiceUnavailableException", /temporarily unavailable/],
    ["internal", 500, "InternalServerException", /unexpected error/],
    ["model-error", 424, "ModelErrorException", /returned an error/],
    ["model-timeout", 408, "ModelTimeoutException", /timeout/],
    ["not-ready", 429, "ModelNotReadyException", /not ready/],
    [
      "access-denied",
      403,
      "AccessDeniedException",
      /arn:aws:iam::\d{12}:user\/.* is not authorized to perform/,
    ],
    [
      "model-access",
      403,
      "AccessDeniedException",
      /^You don't have access to the model with the specified model ID\.$/,
    ],
    ["quota", 400, "ServiceQuotaExceededException", /quota/],
    ["overloaded", 529, "overloaded_error", /Overloaded/],
    ["too-long", 400, "ValidationException", /^Input is too long for requested model\.$/],
    [
      "region",
      400,
      "ValidationException",
      /^Access to .* is not allowed from unsupported countries, regions/,
    ],
    ["not-here", 400, "ValidationException", /^The provided model identifier is invalid\.$/],
  ];
  it.each(table)("%s by prefix and by directive", async (name, status, type, text) => {
    const byPrefix = callSigned(emulator(), { prefix: `/@${name}`, body: ask("x"), stream: false });
    const byDirective = callSigned(emulator(), { body: ask(`Hello [[fault: ${name}]]`) });
    for (const response of await Promise.all([byPrefix, byDirective])) {
      expect(response.status).toBe(status);
      expect(response.headers.get("x-amzn-errortype")?.split(":")[0]).toBe(type);
      expect((await bodyOf(response)).message).toMatch(text);
    }
  });

  it("takes Retry-After as argument", async () => {
    const byPrefix = await call(emulator(), { prefix: "/@throttle:7", body: ask("x") });
    expect(byPrefix.headers.get("retry-after")).toBe("7");
    const byDirective = await call(emulator(), { body: ask("[[fault: throttle 9]]") });
    expect(byDirective.headers.get("retry-after")).toBe("9");
    expect(
      (await call(emulator(), { prefix: "/@throttle", body: ask("x") })).headers.get("retry-after"),
    ).toBeNull();
  });

  it.each(["region", "not-here"])("%s concerns one region where one is named", async (name) => {
    const prefix = `/@${name}:eu-west-3`;
    const statusIn = async (region: string) => {
      const response = await callSigned(emulator(), { prefix, body: ask(`In ${region}`) }, { region });
      await response.text();
      return [response.status, recordOf(emulator(), `In ${region}`).fault];
    };
    expect(await statusIn("eu-west-3")).toEqual([400, `${name}:eu-west-3`]);
    expect(await statusIn("eu-west-1")).toEqual([200, undefined]);
  });

  it("answers like something in between", async () => {
    const wrongType = await call(emulator(), { prefix: "/@wrong-type", body: ask("x") });
    expect([wrongType.status, wrongType.headers.get("content-type")]).toEqual([200, "text/html"]);
    const html = await call(emulator(), { prefix: "/@error-html", body: ask("x") });
    expect([html.status, await html.text()]).toEqual([502, expect.stringContaining("<html>")]);
    const redirect = await call(emulator(), { prefix: "/@redirect", body: ask("x") });
    expect([redirect.status, redirect.headers.get("location")]).toEqual([
      307,
      `${emulator().url}/redirected`,
    ]);
  });

  it("flaky-N fails N times an address, then works, until the counter is reset", async () => {
    const prefix = "/@flaky-2.mine:unavailable:3";
    const statuses = async (model: string) => {
      const seen = [];
      for (let turn = 0; turn < 4; turn++)
        seen.push((await call(emulator(), { model, prefix, body: ask("x") })).status);
      return seen;
    };
    expect(await statuses(HAIKU_3)).toEqual([503, 503, 200, 200]);
    expect(await statuses(SONNET_4_5)).toEqual([503, 503, 200, 200]);
    await fetch(`${emulator().url}/_emulator/requests`, { method: "DELETE" });
    expect(await statuses(HAIKU_3)).toEqual([503, 503, 200, 200]);
  });

  it("names the faults it knows when asked for another", async () => {
    const response = await call(emulator(), { prefix: "/@nonsense", body: ask("x") });
    expect(response.status).toBe(400);
    expect((await bodyOf(response)).message).toMatch(/no fault "nonsense".*throttle.*corrupt-crc.*hang-mid/);
  });

  it("checks the signature before anything fails", async () => {
    const credentials = { ...emulator().credentials, secretAccessKey: "guessed" };
    const response = await callSigned(emulator(), { prefix: "/@throttle", body: ask("x") }, { credentials });
    expect(response.status).toBe(403);
  });
});

describe("faults inside a stream", () => {
  const spoiled = async (fault: string) => {
    const response = await call(emulator(), { prefix: `/@${fault}`, body: ask(QUESTION) });
    expect(response.status).toBe(200);
    return bytesOf(response);
  };

  it("exception and exception-first", async () => {
    const { frames } = framesOf(await spoiled("exception:modelStreamErrorException"));
    expect(textOf(frames.slice(0, -1).map(payloadOf))).toMatch(/^You asked/);
    expect(frames.at(-1)?.headers[":exception-type"]).toBe("modelStreamErrorException");
    expect(parse(frames.at(-1)?.body ?? "")).toMatchObject({ originalStatusCode: 500 });
    const first = framesOf(await spoiled("exception-first:serviceUnavailableException")).frames;
    expect(first.map(({ headers }) => headers[":exception-type"])).toEqual(["serviceUnavailableException"]);
  });

  it("error-frame", async () => {
    const { frames } = framesOf(await spoiled("error-frame:somethingNew"));
    expect(frames.at(-1)).toEqual({
      headers: {
        ":message-type": "error",
        ":error-code": "somethingNew",
        ":error-message": expect.any(String),
      },
      body: "",
    });
  });

  it("in-band-error and bad-json", async () => {
    const inBand = framesOf(await spoiled("in-band-error")).frames.map(payloadOf);
    expect(textOf(inBand)).not.toBe("");
    expect(inBand.at(-1)).toMatchObject({ type: "error", error: { type: "overloaded_error" } });
    const broken = framesOf(await spoiled("bad-json")).frames;
    expect(() => broken.map(payloadOf)).toThrow(SyntaxError);
  });

  it("corrupt-crc and corrupt-prelude", async () => {
    const message = await spoiled("corrupt-crc");
    expect(() => framesOf(message)).toThrow(/message checksum/);
    const prelude = await spoiled("corrupt-prelude");
    expect(() => framesOf(prelude)).toThrow(/prelude checksum/);
  });

  it("cut and cut-clean end without message_stop, inside and between frames", async () => {
    const cut = framesOf(await spoiled("cut"));
    expect(cut.rest).toBeGreaterThan(0);
    const clean = framesOf(await spoiled("cut-clean"));
    expect(clean.rest).toBe(0);
    for (const { frames } of [cut, clean]) {
      const events = frames.map(payloadOf);
      expect(textOf(events)).not.toBe("");
      expect(events.some(({ type }) => type === "message_stop")).toBe(false);
    }
  });

  it("empty, slow and drip", async () => {
    expect(await spoiled("empty")).toHaveLength(0);
    for (const fault of ["slow:5", "drip"]) {
      const events = framesOf(await spoiled(fault)).frames.map(payloadOf);
      expect(textOf(events)).toContain(QUESTION);
    }
    const record = emulator().requests.findLast(({ fault }) => fault === "drip");
    expect(record?.framesSent).toBeGreaterThan(6);
  });

  it("reset and reset-mid", async () => {
    await expect(call(emulator(), { prefix: "/@reset", body: ask("x") })).rejects.toThrow("fetch failed");
    const response = await call(emulator(), { prefix: "/@reset-mid", body: ask(QUESTION) });
    const { frames, rest } = framesOf(await bytesUntilError(response));
    expect(textOf(frames.map(payloadOf))).not.toBe("");
    expect(rest).toBeGreaterThan(0);
  });

  it("has its like for a call that does not stream", async () => {
    const whole = async (fault: string) => {
      const response = await call(emulator(), { prefix: `/@${fault}`, body: ask(QUESTION), stream: false });
      return { status: response.status, text: await response.text() };
    };
    expect(await whole("exception:throttlingException")).toMatchObject({ status: 429 });
    expect(await whole("error-frame")).toMatchObject({ status: 500 });
    expect(await whole("in-band-error")).toMatchObject({
      status: 200,
      text: expect.stringContaining('"error"'),
    });
    expect(await whole("empty")).toEqual({ status: 200, text: "" });
    for (const fault of ["cut", "cut-clean", "bad-json", "corrupt-crc"]) {
      const { status, text } = await whole(fault);
      expect(status).toBe(200);
      expect(() => parse(text)).toThrow(SyntaxError);
    }
    expect(await whole("drip")).toMatchObject({ status: 200, text: expect.stringMatching(/^\{.*\}$/s) });
    const reset = await call(emulator(), { prefix: "/@reset-mid", body: ask(QUESTION), stream: false });
    expect((await bytesUntilError(reset)).length).toBeGreaterThan(0);
  });
});

describe("clients that leave or do not read", () => {
  it.each(["hang", "hang-mid"])("%s waits until the client gives up, and notes it", async (fault) => {
    const client = new AbortController();
    const body = ask(`patience ${fault}-marker`);
    const answer = call(emulator(), { prefix: `/@${fault}`, body, signal: client.signal }).then(bytesOf);
    answer.catch(() => {});
    await expect.poll(() => emulator().requests.some((seen) => seen.fault === fault)).toBe(true);
    const record = recordOf(emulator(), `${fault}-marker`);
    if (fault === "hang-mid") await expect.poll(() => record.framesSent).toBeGreaterThan(2);
    expect(record.outcome).toBe("pending");
    client.abort();
    await expect(answer).rejects.toThrow();
    await expect.poll(() => record.outcome).toBe("aborted-by-client");
  });

  it("stops streaming when the client leaves", async () => {
    const client = new AbortController();
    const body = ask("[[repeat 500 word]] [[pace 5]] leaving-marker");
    const response = await call(emulator(), { body, signal: client.signal });
    await response.body?.getReader().read();
    client.abort();
    const record = recordOf(emulator(), "leaving-marker");
    await expect.poll(() => record.outcome).toBe("aborted-by-client");
    const sent = record.framesSent;
    expect(sent).toBeLessThan(500);
    await sleep(50);
    expect(record.framesSent).toBe(sent);
  });

  it("does not write faster than the client reads", async () => {
    const body = ask("[[repeat 60000 word]] [[pace 0]] slow-marker", { max_tokens: 128_000 });
    const response = await call(emulator(), { model: OPUS_4_6, body });
    const record = recordOf(emulator(), "slow-marker");
    let before = -1;
    await expect
      .poll(
        () => {
          const still = record.framesSent === before;
          before = record.framesSent;
          return still;
        },
        { interval: 100, timeout: 20_000 },
      )
      .toBe(true);
    expect(record.framesSent).toBeLessThan(60_000);
    await response.body?.cancel();
    await expect.poll(() => record.outcome).toBe("aborted-by-client");
  });
});
