/** Where AWS does not take the credentials of a call, the message names the settings that hold them, and no value. */
import { describe, expect, it } from "vitest";
import { bedrockError } from "../../../../src/providers/bedrock/exceptions.ts";
import { callPlace } from "../../../../src/providers/bedrock/send.ts";
import type { BedrockTarget } from "../../../../src/target.ts";
import { bedrockTarget, bindings, SECRET_KEY, SESSION_TOKEN } from "../support.ts";

const PERMANENT = "AKIAIOSFODNN7EXAMPLE";
const TEMPORARY = "ASIAIOSFODNN7EXAMPLE";
const API_KEY = "ABSKexample-of-a-key";
const pair = (id: string) => ({ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: SECRET_KEY });
const own = (id: string) => ({ credentials: { accessKeyId: id, secretAccessKey: SECRET_KEY } });
const ROLE = {
  role: { arn: "arn:aws:iam::111122223333:role/router", sessionName: "s", seconds: 900, tags: {} },
};

function messageFor(
  [name, text]: readonly [string, string],
  target: Partial<BedrockTarget>,
  bound: Readonly<Record<string, string>>,
): string {
  const place = callPlace(bedrockTarget(target), "eu-west-1", bindings(bound));
  return bedrockError({ name, status: 403, message: text }, place).message;
}

const UNKNOWN = [
  "UnrecognizedClientException",
  "The security token included in the request is invalid.",
] as const;
const SIGNATURE = [
  "InvalidSignatureException",
  "The request signature we calculated does not match the signature you provided.",
] as const;
const EXPIRED = ["ExpiredTokenException", "The security token included in the request is expired"] as const;

describe("credentials that AWS does not take", () => {
  it.each([
    [UNKNOWN, {}, pair(PERMANENT), /in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY\. Check them/],
    [UNKNOWN, {}, pair(TEMPORARY), /temporary one, and its session token, AWS_SESSION_TOKEN, is not set/],
    [UNKNOWN, {}, { ...pair(PERMANENT), AWS_SESSION_TOKEN: SESSION_TOKEN }, /Remove AWS_SESSION_TOKEN\.$/],
    [UNKNOWN, {}, { ...pair(TEMPORARY), AWS_SESSION_TOKEN: SESSION_TOKEN }, /Check them for typing errors/],
    [UNKNOWN, {}, { AWS_BEARER_TOKEN_BEDROCK: API_KEY }, /API key in AWS_BEARER_TOKEN_BEDROCK.*eu-west-1/],
    [
      UNKNOWN,
      own(PERMANENT),
      pair(TEMPORARY),
      /in llms\.claude\.aws_access_key_id and llms\.claude\.aws_secret/,
    ],
    [UNKNOWN, own(TEMPORARY), {}, /its session token, llms\.claude\.aws_session_token, is not set/],
    [UNKNOWN, { credentials: { bearerToken: API_KEY } }, {}, /in llms\.claude\.aws_bearer_token/],
    [UNKNOWN, ROLE, pair(PERMANENT), /session that STS gave for the role of 'claude'/],
    [
      SIGNATURE,
      {},
      pair(PERMANENT),
      /signature does not match: check the secret key in AWS_ACCESS_KEY_ID and/,
    ],
    [SIGNATURE, {}, { AWS_BEARER_TOKEN_BEDROCK: API_KEY }, /API key in AWS_BEARER_TOKEN_BEDROCK/],
    [
      EXPIRED,
      {},
      { ...pair(TEMPORARY), AWS_SESSION_TOKEN: SESSION_TOKEN },
      /AWS_SESSION_TOKEN.*assumes an IAM role/,
    ],
    [EXPIRED, {}, { AWS_BEARER_TOKEN_BEDROCK: API_KEY }, /API key in AWS_BEARER_TOKEN_BEDROCK has expired/],
    [EXPIRED, ROLE, {}, /the role of 'claude' for an expired one/],
  ] as const)("%j with %j and %j", (said, target, bound, words) => {
    const message = messageFor(said, target, bound);
    expect(message).toMatch(words);
    for (const value of [PERMANENT, TEMPORARY, SECRET_KEY, SESSION_TOKEN, API_KEY])
      expect(message).not.toContain(value);
  });

  it("say of the same bindings the same of every model, so that a cause is told once", () => {
    const [first, second] = ["a", "b"].map((name) => messageFor(UNKNOWN, { name }, pair(PERMANENT)));
    expect(first).toBe(second);
  });
});
