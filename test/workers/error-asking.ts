/** Ways to ask for an error, and the advice that several of them share. */
import { vi } from "vitest";
import type { BedrockTarget } from "../../src/target.ts";
import type { RouterError } from "../../src/errors.ts";
import { configOf, prepareConfig } from "../../src/services.ts";
import { bedrock } from "../../src/providers/bedrock/index.ts";
import { takeDeltas } from "../../src/routing/attempt.ts";
import { dispatch } from "../../src/routing/dispatch.ts";
import { FURTHER } from "../support/routing.ts";
import { json, playUpstream, type Reply, refusal, SILENT } from "../support/upstream.ts";
import {
  bedrockTarget,
  bindings,
  callContext,
  chatRequest,
  failureOf,
  placeOf,
} from "./providers/support.ts";
import { type Ask, CLAUDE, chat, envOf, GPT, NO_RETRY } from "./support.ts";

/** One way to an error, and what its message must say. */
export type Way = readonly [how: string, ask: () => Promise<Response>, ...says: RegExp[]];

export const REGION = "eu-west-1";
export const claude = (more: object = {}) => ({ ...CLAUDE, aws_region: REGION, ...more });
export const env = (llm: object = claude(), more = {}, config: object = {}) =>
  envOf({ router: { retry: NO_RETRY }, llms: { it: llm }, ...config }, more);
export const NO_AWS = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };

/** A model's call that the upstream answers so. */
export const upstream = (reply: Reply, llm: object = claude(), body: object = {}) => {
  playUpstream(reply, reply);
  return chat(env(llm), body);
};
export const bedrockSays = (status: number, name: string, text: string) => () =>
  upstream(refusal(status, name, text));
/** A model's role, as STS refuses it. */
export const stsSays = (status: number, code: string, message: string) => () =>
  upstream(
    json({ Error: { Code: code, Message: message, Type: "Sender" }, RequestId: "r" }, { status }),
    claude({
      aws_role_arn: "arn:aws:iam::111122223333:role/edge-router",
      aws_session_name: crypto.randomUUID(),
    }),
  );
export const gptSays =
  (status: number, text = "No.") =>
  () =>
    upstream(json({ error: { message: text } }, { status }), GPT);
export const asking =
  (body: object, options: Ask = {}, config: object = {}, more: object = {}) =>
  () =>
    chat(env(claude(), more, config), body, options);
export const configured =
  (config: object | string, more = {}) =>
  () =>
    chat(envOf(config, more));

export const IDS = [
  /Claude \S*anthropic\.claude-/,
  /Nova \S*amazon\.nova-/,
  /GPT global\.openai\.gpt-/,
  /Llama \S*meta\.llama/,
  /Mistral mistral\./,
];
export const MODEL = [/llms\.it\.model/, ...IDS, /inference profile/, /us\..*eu\..*global\./];
export const OTHER_REGION = [
  /(?:eu-central-1|us-east-1)/,
  /docs\.aws\.amazon\.com\/bedrock\/\S*models-regions/,
];
export const REGIONS = [/eu-west-1/, ...OTHER_REGION];
export const SECRETS = [
  /AWS_ACCESS_KEY_ID/,
  /AWS_SECRET_ACCESS_KEY/,
  /AWS_SESSION_TOKEN/,
  /npx wrangler secret put/,
  /\.dev\.vars/,
  /Bedrock API key.*AWS_BEARER_TOKEN_BEDROCK/,
  /IAM role.*docs\/aws-roles\.md/,
];
export const TIMEOUT = [
  /(?:router|llms\.it)\.\w*(?:timeout|deadline)/,
  /network/,
  /region|another model|faster model/,
];
export const LATE: Reply = (call) => SILENT(call);
export const inTime = (ms: number, start: () => Promise<Response>) => async () => {
  vi.useFakeTimers();
  const response = start();
  await vi.advanceTimersByTimeAsync(ms);
  return response;
};

/** A target that a configuration would not let through. */
export const opening = (more: Partial<BedrockTarget>) => async () => {
  const target = bedrockTarget({ name: "it", ...more });
  return answerOf(
    await failureOf(() => bedrock.open(placeOf(target), chatRequest(), callContext(bindings()))),
  );
};
export const answerOf = (error: RouterError) => Response.json(error.toBody(), { status: error.status });

/** Weights that a configuration would not let through, either. */
export async function weightless(): Promise<Response> {
  playUpstream();
  const configured = env();
  await prepareConfig(configured);
  const config = configOf(configured);
  const router = { ...config.router, weights: { it: 0 } };
  const context = {
    binding: bindings(),
    signal: new AbortController().signal,
    now: Date.now,
    config: { ...config, router },
    random: () => 0,
    further: FURTHER,
  };
  return answerOf(await failureOf(() => dispatch(chatRequest(), context, takeDeltas(false))));
}
