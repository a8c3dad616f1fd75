import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BedrockFailure, CallPlace } from "../../../../src/providers/bedrock/exceptions.ts";
import { bedrockError, publicText } from "../../../../src/providers/bedrock/exceptions.ts";
import { proposedProfiles } from "../../../../src/providers/bedrock/inference-profile.ts";
import { ACCESS_KEY, HAIKU, SECRET_KEY, SESSION_TOKEN } from "../support.ts";
import { OTHERWISE_INVALID, TABLE, TOO_LONG, TOO_MANY_WANTED } from "./aws-texts.ts";

const PLACE: CallPlace = { name: "claude", model: HAIKU, region: "us-east-1" };
const ACCOUNT = "123456789012";
const USER_ARN = `arn:aws:iam::${ACCOUNT}:user/dev`;

function failure(
  name: string,
  status: number,
  message: string,
  more: Partial<BedrockFailure> = {},
): BedrockFailure {
  return { name, status, message, ...more };
}
const errorOf = (one: BedrockFailure, place = PLACE) => bedrockError(one, place);

describe("bedrockError", () => {
  it.each(TABLE)("%s (HTTP %i) %j is %s", (name, status, text, code, seen) => {
    expect(errorOf(failure(name, status, text))).toMatchObject({ code, status: seen });
  });

  it.each(TOO_LONG)("%j is context_length_exceeded, in OpenAI's words", (text) => {
    for (const [name, status] of [
      ["ValidationException", 400],
      ["ModelErrorException", 424],
      ["", 400],
    ] as const) {
      const error = errorOf(failure(name, status, text));
      expect(error).toMatchObject({ code: "context_length_exceeded", status: 400, param: "messages" });
      expect(error.message).toContain("maximum context length");
      expect(error.message).toContain("Bedrock says: ");
    }
  });

  it.each(TOO_MANY_WANTED)("%j is about max_tokens, not about the conversation", (text) => {
    const error = errorOf(failure("ValidationException", 400, text));
    expect(error).toMatchObject({ code: "upstream_invalid_request", status: 400, param: "max_tokens" });
    expect(error.message).not.toContain("maximum context length");
  });

  it.each(OTHERWISE_INVALID)("%j is neither", (text) => {
    const error = errorOf(failure("ValidationException", 400, text));
    expect(error).toMatchObject({ code: "upstream_invalid_request", status: 400, param: null });
    expect(error.message).toContain(text);
  });

  it("is the client's fault when the model behind Bedrock says so", () => {
    const refused = failure("ModelErrorException", 424, "Bad image.", { originalStatus: 400 });
    expect(errorOf(refused)).toMatchObject({
      code: "upstream_invalid_request",
      status: 400,
      shouldRetry: false,
    });
    for (const originalStatus of [429, 500, 503]) {
      const failed = failure("ModelErrorException", 424, "Oops.", { originalStatus });
      expect(errorOf(failed)).toMatchObject({ code: "upstream_error", shouldRetry: true });
    }
  });

  it("waits as long as Bedrock says, else a second, before the next try", () => {
    expect(errorOf(failure("ThrottlingException", 429, "", { retryAfter: 7 })).retryAfter).toBe(7);
    expect(errorOf(failure("ThrottlingException", 429, "")).retryAfter).toBe(1);
    expect(errorOf(failure("ServiceUnavailableException", 503, "", { retryAfter: 3 })).retryAfter).toBe(3);
  });

  it("names the end of a life, and what lives", () => {
    const text = "This model version has reached the end of its life.";
    const { message } = errorOf(failure("ResourceNotFoundException", 404, text), {
      ...PLACE,
      model: "cohere.command-r-v1:0",
    });
    expect(message).toMatch(/end of its life.*Set llms\.claude\.model to another.*claude-sonnet-5-5/);
    expect(message).not.toMatch(/titan|llama3|claude-3|sonnet-4/i);
  });

  it("names the switch for data retention, in the region of the call", () => {
    const text = "data retention mode 'default' is not available for this model";
    const fable = { ...PLACE, model: "global.anthropic.claude-fable-5-1", region: "eu-west-1" };
    const { message, shouldRetry } = errorOf(failure("ValidationException", 400, text), fable);
    expect(message).toMatch(/PUT https:\/\/bedrock\.eu-west-1\.amazonaws\.com\/data-retention.*aws_review/);
    expect(message).toContain("bedrock:PutAccountDataRetention");
    expect(shouldRetry).toBe(false);
  });

  it("tells a day's quota from a minute's, and that waiting a second is no cure", () => {
    const text = "Too many tokens per day, please wait before trying again.";
    const error = errorOf(failure("ThrottlingException", 429, text));
    expect(error).toMatchObject({ code: "bedrock_quota_exceeded", shouldRetry: false });
    expect(error.retryAfter).toBeUndefined();
    expect(error.message).toMatch(/quota per day.*Service Quotas.*llms\.claude\.max_tokens/);
    const minute = errorOf(
      failure("ThrottlingException", 429, "Too many tokens, please wait before trying again."),
    );
    expect(minute).toMatchObject({ code: "rate_limit_exceeded", shouldRetry: true });
    expect(minute.message).toContain("llms.claude.max_tokens");
  });

  it("names the field of a tier that a model has not", () => {
    const text = "The provided service tier is not supported for this model.";
    const error = errorOf(failure("ValidationException", 400, text));
    expect(error).toMatchObject({ code: "upstream_invalid_request", param: "service_tier" });
    expect(error.message).toContain("llms.claude.service_tier");
  });

  it("tells what to do, whatever went wrong", () => {
    for (const [name, status, text] of TABLE) {
      const { message } = errorOf(failure(name, status, text));
      expect(message).toMatch(
        /[Ss]et |Try again|Correct|Request it|Allow|Raise|Put |Check|Shorten|Bedrock says: \S/,
      );
      expect(message).not.toMatch(/undefined|null,|NaN|\(\)/);
    }
  });
});

describe("the inference profile that is proposed", () => {
  const needed = (place: Partial<CallPlace>) =>
    errorOf(failure("ValidationException", 400, "The model doesn't support on-demand throughput."), {
      ...PLACE,
      ...place,
    }).message;
  const proposed = (place: Partial<CallPlace>) =>
    needed(place).match(/[a-z-]+\.[a-z]+\.claude-[\w:-]+/g) ?? [];

  it.each([
    ["us-east-1", ["us.", "global."]],
    ["us-gov-west-1", ["us-gov."]],
    ["eu-central-1", ["eu.", "global."]],
    ["ap-northeast-1", ["jp.", "apac.", "global."]],
    ["ap-southeast-2", ["au.", "apac.", "global."]],
    ["ap-south-1", ["in.", "apac.", "global."]],
    ["ap-southeast-1", ["apac.", "global."]],
    ["ca-central-1", ["us.", "ca.", "global."]],
    ["sa-east-1", ["global."]],
    ["me-south-1", ["global."]],
  ])("fits %s", (region, prefixes) => {
    expect(proposed({ region })).toEqual(prefixes.map((prefix) => prefix + HAIKU));
  });

  it.each(["us", "eu", "apac", "jp", "au", "ca", "in", "global", "us-gov"])(
    "never doubles the prefix %s.",
    (prefix) => {
      const model = `${prefix}.${HAIKU}`;
      const profiles = proposed({ model, region: "eu-west-1" }).filter((profile) => profile !== model);
      expect(profiles).toEqual(["eu.", "global."].map((one) => one + HAIKU).filter((one) => one !== model));
      expect(needed({ model, region: "eu-west-1" })).not.toMatch(
        /(us|eu|apac|jp|au|ca|in|global|us-gov)\.(us|eu|apac|jp|au|ca|in|global|us-gov)\./,
      );
    },
  );

  it("is never the one that was tried", () => {
    expect(proposedProfiles(`us.${HAIKU}`, "us-east-1")).toEqual([`global.${HAIKU}`]);
    expect(proposedProfiles(`global.${HAIKU}`, "sa-east-1")).toEqual([]);
  });

  it("is read out of a foundation model's ARN, and not guessed from another one", () => {
    const arn = `arn:aws:bedrock:us-east-1::foundation-model/${HAIKU}`;
    expect(proposed({ model: arn })).toEqual([`us.${HAIKU}`, `global.${HAIKU}`]);
    const hidden = needed({ model: `arn:aws:bedrock:us-east-1:${ACCOUNT}:provisioned-model/abc` });
    expect(hidden).toContain("llms.claude.model. Profiles by region");
  });
});

describe("what clients see of AWS's texts", () => {
  const names = TABLE.map(([name, status]) => ({ name, status }));
  const base64 = (length: number) =>
    fc.string({
      minLength: length,
      maxLength: length,
      unit: fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
    });
  const upper = (length: number) =>
    fc.string({
      minLength: length,
      maxLength: length,
      unit: fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    });
  const account = fc.string({ minLength: 12, maxLength: 12, unit: fc.constantFrom(..."0123456789") });
  /** Of a random key's 40 characters some are upper and some lower case; a shrunk one must be, too. */
  const isMixed = (text: string) => /[A-Z]/.test(text) && /[a-z]/.test(text);
  const secret = fc.oneof(
    base64(40).filter(isMixed),
    base64(400).filter(isMixed),
    fc.tuple(fc.constantFrom("AKIA", "ASIA", "AROA", "AIDA"), upper(16)).map((parts) => parts.join("")),
    fc.tuple(fc.constantFrom("ABSK", "bedrock-api-key-"), base64(132)).map((parts) => parts.join("")),
    fc.string({ minLength: 64, maxLength: 64, unit: fc.constantFrom(..."0123456789abcdef") }),
    account,
    fc
      .tuple(
        fc.constantFrom("aws", "aws-us-gov", "aws-cn"),
        fc.constantFrom("iam", "sts", "bedrock"),
        account,
        fc.stringMatching(/^[\w+=,.@/-]{1,40}$/),
      )
      .map(([partition, service, id, path]) => `arn:${partition}:${service}:us-east-1:${id}:role/${path}`),
  );
  const texts = fc.constantFrom(
    ...TABLE.map(([, , text]) => text),
    ...TOO_LONG,
    ...TOO_MANY_WANTED,
    ...OTHERWISE_INVALID,
  );
  const around = fc.constantFrom(" ", "'", '"', "(", ")", ", ", ": ", "\n", "<", ">");

  it("never holds a key, token, signature, ARN or account number, nor does the log hold a secret", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        texts,
        fc.nat(200),
        secret,
        around,
        around,
        (one, text, at, hidden, left, right) => {
          const message = text.slice(0, at) + left + hidden + right + text.slice(at);
          const error = errorOf(failure(one.name, one.status, message));
          const shown = [publicText(message), JSON.stringify(error.toBody())];
          for (const part of hidden.split(/[:/]/).filter((piece) => piece.length >= 12)) {
            for (const place of shown) expect(place).not.toContain(part);
          }
          if (!/^arn|^\d/.test(hidden)) expect(String(error.cause)).not.toContain(hidden);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("holds no ARN of a model that was configured by its ARN", () => {
    for (const kind of [
      "inference-profile/us.x",
      "application-inference-profile/abc",
      "provisioned-model/x",
    ]) {
      const model = `arn:aws:bedrock:us-east-1:${ACCOUNT}:${kind}`;
      for (const [name, status, text] of TABLE) {
        const body = JSON.stringify(errorOf(failure(name, status, text), { ...PLACE, model }).toBody());
        expect(body).not.toMatch(/arn:|\d{12}/);
      }
    }
  });

  it.each([
    [`User: ${USER_ARN} is not authorized`, "User: [arn] is not authorized"],
    [`arn:aws:sts::${ACCOUNT}:assumed-role/Admin/jane,doe=x@corp.test done`, "[arn] done"],
    [`/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A${ACCOUNT}%3Aprompt%2Fx/invoke`, "/model/[arn]"],
    [`Account ${ACCOUNT}, 1234-5678-9012 x${ACCOUNT}y`, "Account [account], [account] x[account]y"],
    [`key ${ACCESS_KEY} secret ${SECRET_KEY}`, "key [key] secret [secret]"],
    [`token ${SESSION_TOKEN}`, "token [secret]"],
    ["ABSKc2hvcnQga2V5 and bedrock-api-key-c2hvcnQ=", "[key] and [key]"],
    ["two\r\n\tlines\u0000\u2028", "two lines"],
    ["  ", "(no message)"],
    [
      "toolu_bdrk_01KatiGijVFb9yuMPcnVk38e has no result",
      "toolu_bdrk_01KatiGijVFb9yuMPcnVk38e has no result",
    ],
    ["global.anthropic.claude-sonnet-4-5-20250929-v1:0", "global.anthropic.claude-sonnet-4-5-20250929-v1:0"],
    ["208310 tokens > 200000 maximum", "208310 tokens > 200000 maximum"],
  ])("publicText(%j) is %j", (message, text) => {
    expect(publicText(message)).toBe(text);
  });

  it("is one line of at most 500 characters, whatever comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 3000 }), (message) => {
        const text = publicText(message);
        expect(text.length).toBeGreaterThan(0);
        expect(text.length).toBeLessThanOrEqual(500);
        expect(text.isWellFormed()).toBe(true);
        for (const character of "\n\r\u0000\u2028") expect(text).not.toContain(character);
      }),
    );
  });

  it("is found without backtracking over a hostile page", () => {
    const hostile = [
      "model id ",
      "a",
      "A9",
      "arn:aws",
      "region ",
      "#/prompt: ",
      "max_tokens",
      " ",
      "1",
      "'",
      "token has ",
    ];
    for (const piece of hostile) {
      const page = piece.repeat(65_536 / piece.length);
      const error = errorOf(failure("ValidationException", 400, page));
      expect(error.message.length).toBeLessThan(2000);
      expect(publicText(page).length).toBeLessThanOrEqual(500);
    }
  });
});
