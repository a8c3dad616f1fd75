/** `POST /v1/chat/completions`: HTTP with and without streaming, two skins over one dispatch. */
import { asRouterError } from "../errors.ts";
import { readJson } from "../http/body.ts";
import { configOf } from "../services.ts";
import type { AppContext, Endpoint } from "../http/context.ts";
import { reasoningMemory } from "../objects/reasoning/client.ts";
import { ticketCounter } from "../objects/round-robin/client.ts";
import { completion } from "../dialects/openai-chat/client/completion.ts";
import { foldDeltas, summedUsage } from "../chat/fold.ts";
import { answerIdentity } from "../dialects/openai-chat/client/identity.ts";
import { prefixDeltas } from "../chat/prefix.ts";
import { prefixBody } from "../dialects/openai-chat/upstream/prefix-native.ts";
import { answerOptions, parseChat } from "../dialects/openai-chat/client/parse.ts";
import type { ChatRequest } from "../chat/request.ts";
import { type Answer, dispatch } from "../routing/dispatch.ts";
import { prefixed } from "../routing/prefixed.ts";
import { routeHeaders } from "../http/headers.ts";
import { type RequestLog, requestLog } from "../http/request-log.ts";
import { streamAnswer } from "../http/serve.ts";

export const chat: Endpoint = { method: "POST", path: "/chat/completions", access: "key", handle };

async function handle(c: AppContext): Promise<Response> {
  const config = configOf(c.env);
  const parsed = parseChat((await readJson(c.req.raw, config.serve.maxBodyBytes, c.var.hold)).value);
  const { request, prefix } = prefixed(parsed, config);
  const call = {
    config,
    binding: c.var.binding,
    signal: c.req.raw.signal,
    random: Math.random,
    client: c.var.client.name,
    counter: ticketCounter(c.env),
    ownHost: c.var.host,
    hold: c.var.hold,
    reasoning: reasoningMemory(c.env, c.var.client.name, (work) => c.executionCtx.waitUntil(work)),
  };
  const { requestId, client } = c.var;
  const log = requestLog(
    { requestId, client: client.name, model: request.model, stream: request.stream },
    Date.now,
  );
  try {
    if (request.stream) return await streamAnswer(c, request, call, { prefix, log });
    const answer = await dispatch(request, call);
    log.begun(answer.route);
    return await wholeAnswer(c, request, answer, prefix, log);
  } catch (thrown) {
    const error = asRouterError(thrown);
    log.ended({ status: error.status, error });
    throw error;
  }
}

async function wholeAnswer(
  c: AppContext,
  request: ChatRequest,
  answer: Answer,
  prefix: boolean,
  log: RequestLog,
): Promise<Response> {
  const { name } = answer.route.target;
  const headers = routeHeaders(answer.route);
  if (answer.kind === "decoded") {
    const answers = [answer.head, ...answer.others].map((deltas) =>
      foldDeltas(prefix ? prefixDeltas(name)(deltas) : deltas),
    );
    log.ended({ status: 200, usage: summedUsage(answers) });
    return c.json(
      completion(answerIdentity(name, answerOptions(request).functionCalls), ...answers),
      200,
      headers,
    );
  }
  const { response } = answer;
  log.ended({ status: 200 });
  const type = response.headers.get("content-type") ?? "application/json";
  const body = prefix ? prefixBody(await response.text(), name) : (response.body ?? "");
  return c.body(body, 200, { ...headers, "content-type": type });
}
