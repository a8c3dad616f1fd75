/** Models that a region does not offer, and lists of regions: for the models that answer and for the one that chooses. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Emulator } from "../../../emulator/index.ts";
import { type Stack, startStack } from "../../support/stack.ts";
import { ask, failureOf, say } from "./ask.ts";
import { codeOf, connect, textOf } from "./ws-client.ts";

const HAIKU = "anthropic.claude-3-haiku-20240307-v1:0";
const WAYS = [
  ["streamed", true],
  ["whole", false],
] as const;
const CLOSED = "eu-west-3";
const OPEN = "eu-west-1";
const BOTH = [CLOSED, OPEN];

/** A model that fails in one region with `fault`. */
function target({ url, credentials }: Emulator, fault: string, region: string | readonly string[]) {
  return {
    provider: "bedrock",
    model: HAIKU,
    base_url: `${url}/@${fault}:${CLOSED}`,
    aws_region: region,
    aws_access_key_id: credentials.accessKeyId,
    aws_secret_access_key: credentials.secretAccessKey,
  };
}

let stack: Stack;
/** Its strategy is `llm`; the model that chooses has a list of regions, and the first does not offer it. */
let judged: Stack;

beforeAll(async () => {
  stack = await startStack({
    config: (emulator) => ({
      router: { retry: 0 },
      llms: {
        refused: target(emulator, "region", CLOSED),
        missing: target(emulator, "not-here", CLOSED),
        "refused-there": target(emulator, "region", BOTH),
        "missing-there": target(emulator, "not-here", BOTH),
        elsewhere: target(emulator, "region", OPEN),
      },
    }),
  });
  const judge = (emulator: Emulator) => {
    const { base_url, aws_region, model, provider } = target(emulator, "region", BOTH);
    return { provider, model, base_url, aws_region };
  };
  judged = await startStack({
    emulator: stack.emulator,
    bindings: ({ credentials }) => ({
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }),
    config: (emulator) => ({
      router: { strategy: "llm", retry: 0, ...judge(emulator) },
      llms: {
        claude: { provider: "bedrock", model: HAIKU, base_url: emulator.url },
        nvidia: {
          provider: "nvidia",
          model: "meta/llama",
          base_url: emulator.openaiUrl,
          api_key: emulator.openaiKey,
        },
      },
    }),
  });
}, 60_000);
afterAll(async () => {
  await judged?.close();
  await stack?.close();
});
beforeEach(() => stack.emulator.requests.splice(0));

const regionsAsked = () => stack.emulator.requests.map(({ region }) => region);

describe.each(WAYS)("a model that its region does not offer, %s", (_, streaming) => {
  it.each([
    ["refused", "bedrock_region_unsupported", /not available in eu-west-3.*llms\.refused\.aws_region/],
    ["missing", "bedrock_model_invalid", /in eu-west-3 does not know.*aws_region/],
  ])("is %s: %s, with regions that may", async (model, code, advice) => {
    const error = await failureOf(ask(stack.client, say(model, "Hi"), streaming));
    expect(error).toMatchObject({ status: 500, code, type: "server_error", param: null });
    expect(error.message).toMatch(advice);
    expect(error.message).toContain("eu-central-1 or eu-west-1");
    expect(error.headers?.get("x-should-retry")).toBe("false");
    expect(regionsAsked()).toEqual([CLOSED]);
  });

  it.each(["refused-there", "missing-there"])("is answered by the next of a list (%s)", async (model) => {
    const reply = await ask(stack.client, say(model, "Hi"), streaming);
    expect(reply).toMatchObject({ model, finish: "stop", text: expect.stringContaining("Hi") });
    expect(reply.headers.get("x-router-attempts")).toBe("2");
    expect(regionsAsked()).toEqual(BOTH);
  });

  it("is answered at once in a region that does", async () => {
    const { headers } = await ask(stack.client, say("elsewhere", "Hi"), streaming);
    expect(headers.get("x-router-attempts")).toBe("1");
    expect(regionsAsked()).toEqual([OPEN]);
  });

  it("does not keep strategy llm from asking its router model in the next region", async () => {
    // The emulator repeats what it is asked, so its answer holds the name that the user's words hold.
    const { headers } = await ask(judged.client, say("auto", "Take nvidia"), streaming);
    expect(headers.get("x-router-model")).toBe("nvidia");
    expect(headers.get("x-router-strategy")).toBe("llm");
    expect(regionsAsked()).toEqual([...BOTH, undefined]);
  });
});

describe("a model that its region does not offer, over WebSocket", () => {
  it("is an error frame with the same code, and the socket stays open for the next turn", async () => {
    const client = await connect(stack.url);
    await client.send({ model: "refused", messages: [{ role: "user", content: "Hi" }] });
    expect(codeOf(await client.turn())).toBe("bedrock_region_unsupported");
    await client.send({ model: "refused-there", messages: [{ role: "user", content: "Hi" }] });
    expect(textOf(await client.turn())).toContain('You asked: "Hi"');
    await client.close();
  });
});
