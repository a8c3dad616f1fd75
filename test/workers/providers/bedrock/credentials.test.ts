import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { keysOf } from "../../../../src/providers/bedrock/credentials/keys.ts";
import { operationUrl } from "../../../../src/providers/bedrock/endpoint.ts";
import { signedRequest } from "../../../../src/providers/bedrock/sign.ts";
import {
  ACCESS_KEY,
  bedrockTarget,
  bindings,
  failureOf,
  SECRET_KEY,
  SESSION_TOKEN,
  sigv4,
} from "../support.ts";

const URL_OF_HAIKU = operationUrl(bedrockTarget(), "us-east-1", "invoke", bindings({}));

describe("keysOf", () => {
  const all = {
    AWS_BEARER_TOKEN_BEDROCK: "ABSKbound",
    AWS_ACCESS_KEY_ID: ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: SECRET_KEY,
    AWS_SESSION_TOKEN: SESSION_TOKEN,
  };
  const { AWS_BEARER_TOKEN_BEDROCK: _bearer, ...pair } = all;

  it("takes the bindings' set, in which a Bedrock API key wins", () => {
    expect(keysOf(bedrockTarget(), bindings(pair))).toEqual(sigv4(ACCESS_KEY, SECRET_KEY, SESSION_TOKEN));
    expect(keysOf(bedrockTarget(), bindings(all))).toEqual({ kind: "bearer", token: "ABSKbound" });
  });

  it("takes a model's own set whole and reads no binding then", () => {
    const read = vi.fn(bindings(all));
    const own = bedrockTarget({ credentials: { accessKeyId: "AKIAOWN", secretAccessKey: "own-secret" } });
    expect(keysOf(own, read)).toEqual(sigv4("AKIAOWN", "own-secret"));
    const bearer = bedrockTarget({
      credentials: { accessKeyId: "AKIAOWN", secretAccessKey: "own-secret", bearerToken: "ABSKown" },
    });
    expect(keysOf(bearer, read)).toEqual({ kind: "bearer", token: "ABSKown" });
    expect(read).not.toHaveBeenCalled();
  });

  it("takes what an empty or blank credential is for: nothing", () => {
    const empty = bedrockTarget({ credentials: { accessKeyId: "", secretAccessKey: " ", bearerToken: "" } });
    expect(keysOf(empty, bindings(pair))).toEqual(sigv4(ACCESS_KEY, SECRET_KEY, SESSION_TOKEN));
  });

  it("trims white space around a credential", () => {
    const own = { accessKeyId: " AKIAOWN\n", secretAccessKey: "own-secret\n" };
    expect(keysOf(bedrockTarget({ credentials: own }), bindings({}))).toEqual(sigv4("AKIAOWN", "own-secret"));
  });

  it("says what to set when there is none", async () => {
    const error = await failureOf(() => keysOf(bedrockTarget(), bindings({})));
    expect(error).toMatchObject({ code: "aws_credentials_missing", status: 500, shouldRetry: false });
    for (const hint of [
      "'claude'",
      "AWS_ACCESS_KEY_ID",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_BEARER_TOKEN_BEDROCK",
      "npx wrangler secret put",
      ".dev.vars",
    ]) {
      expect(error.message).toContain(hint);
    }
  });

  it.each([
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", ACCESS_KEY],
    ["AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", SECRET_KEY],
  ])("with %s alone it names %s as missing", async (set, absent, value) => {
    const error = await failureOf(() => keysOf(bedrockTarget(), bindings({ [set]: value })));
    expect(error.code).toBe("aws_credentials_missing");
    expect(error.message).toContain(`${absent} is missing, ${set} is set`);
    expect(error.message).not.toContain(value);
  });

  it.each([
    [{ accessKeyId: "AKIAOWN" }, "aws_secret_access_key is missing, aws_access_key_id is set"],
    [{ secretAccessKey: "own-secret" }, "aws_access_key_id is missing, aws_secret_access_key is set"],
    [{ sessionToken: "own-token" }, "aws_access_key_id and aws_secret_access_key are not"],
  ])("does not complete a model's own half set from the bindings: %j", async (own, text) => {
    const error = await failureOf(() => keysOf(bedrockTarget({ credentials: own }), bindings(all)));
    expect(error.code).toBe("aws_credentials_missing");
    expect(error.message).toContain(text);
  });

  it("never shows a secret in an error, nor hands one to the log", async () => {
    const secret = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9+/]{40}$/),
      fc
        .tuple(
          fc.stringMatching(/^[A-Za-z0-9]{20}$/),
          fc.constantFrom("\n", " ", "é", "\u0000"),
          fc.stringMatching(/^[A-Za-z0-9]{20}$/),
        )
        .map((parts) => parts.join("")),
    );
    const parts = ["accessKeyId", "secretAccessKey", "sessionToken", "bearerToken"] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...parts), { minLength: 1 }),
        secret,
        async (set, value) => {
          const target = bedrockTarget({ credentials: Object.fromEntries(set.map((part) => [part, value])) });
          try {
            const keys = keysOf(target, bindings({}));
            await signedRequest({ url: URL_OF_HAIKU, headers: {}, body: "{}" }, keys, "us-east-1");
          } catch (thrown) {
            const error = await failureOf(() => {
              throw thrown;
            });
            const shown = JSON.stringify([error.toBody(), String(error.cause), error.stack]);
            expect(shown).not.toContain(value.slice(0, 20));
            expect(shown).not.toContain(value.slice(-19));
          }
        },
      ),
    );
  });

  it.each(Object.keys(all))("names %s when it was pasted wrongly", async (name) => {
    const wrapped = { ...(name === "AWS_BEARER_TOKEN_BEDROCK" ? all : pair), [name]: "abc\ndef" };
    const error = await failureOf(() => keysOf(bedrockTarget(), bindings(wrapped)));
    expect(error.code).toBe("aws_credentials_rejected");
    expect(error.message).toMatch(new RegExp(`^${name} holds white space`));
    expect(error.message).not.toContain("abc");
  });
});
