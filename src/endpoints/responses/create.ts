/** `POST /v1/responses`: streamed and whole, kept or not, in the background or not. */
import type { AnswerRecord } from "../../chat/dialect.ts";
import { openaiResponses } from "../../dialects/index.ts";
import { RouterError } from "../../errors.ts";
import { callerOf } from "../../http/caller.ts";
import type { AppContext, Endpoint } from "../../http/context.ts";
import { serve } from "../../http/serve.ts";
import { SSE_HEADERS } from "../../http/sse.ts";
import { jsonText } from "../../lib/exact-json.ts";
import { isObject, parseObject } from "../../lib/json.ts";
import { canStore, type StoredResponses, storedResponses } from "../../objects/responses/client.ts";
import { answerId, responseId } from "../../objects/responses/ids.ts";
import { chainFull } from "../../objects/responses/run.ts";
import { configOf } from "../../services.ts";
import { type Expanded, expand } from "./expand.ts";

/** Longer than a run may last, so that a place is not free while its run goes on. */
const GRACE_MS = 60_000;

export const create: Endpoint = { method: "POST", path: openaiResponses.path, access: "key", handle };

function handle(c: AppContext): Promise<Response> {
  return serve(c, openaiResponses, async (value, headers, text) => {
    const wire = isObject(value) ? value : {};
    const { serve: settings } = configOf(c.env);
    const store = wire.store !== false && settings.responseTtlMs > 0 && canStore(c.env);
    if (!store && wire.background === true) throw needsStore();
    const responses = storedResponses(c.env, c.get("client").name);
    const expanded = isObject(value)
      ? await expand(wire, responses, { most: settings.maxBodyBytes, store })
      : undefined;
    if (!expanded) return { exchange: openaiResponses.parse(value, headers, text) };
    const exchange = openaiResponses.parse(expanded.body, headers, store ? undefined : text, expanded.before);
    if (wire.background === true) return { exchange, instead: () => inBackground(c, expanded, responses) };
    if (!store) return { exchange };
    return { exchange, id: answerId(expanded.id), keep: (record) => keep(record, expanded, responses) };
  });
}

async function keep(
  { response, output }: AnswerRecord,
  { id, parent, input }: Expanded,
  responses: StoredResponses,
): Promise<void> {
  const object = await responses.chain(id.chain);
  const kept = await object.keep({
    ...{ number: id.number, parent, input: jsonText(input) },
    ...{ output: jsonText(output), response: jsonText(response) },
  });
  if (!kept) throw chainFull();
}

async function inBackground(
  c: AppContext,
  { body, id, parent, input, before }: Expanded,
  responses: StoredResponses,
): Promise<Response> {
  const { backgroundDeadlineMs } = configOf(c.env).serve;
  await takePlace(answerId(id), Date.now() + backgroundDeadlineMs + GRACE_MS, responses);
  const object = await responses.chain(id.chain);
  const caller = { ...callerOf(c), requestId: c.get("requestId") };
  const run = { ...id, parent, before, body: jsonText(body), input: jsonText(input), caller };
  let response: string | undefined;
  try {
    response = await object.start(run);
  } finally {
    // Whoever runs releases it in the end.
    if (response === undefined) await (await responses.places()).release(answerId(id));
  }
  if (response === undefined) throw chainFull();
  if (body.stream !== true) return jsonAnswer(c, response);
  const events = await object.fetch(`https://chain/?number=${id.number}&after=-1`);
  return c.body(events.body ?? "", 200, SSE_HEADERS);
}

/**
 * Takes one of the client's places. One whose run is over is free, though nobody has released it: its object was cut off.
 * @throws RouterError `rate_limit_exceeded`
 */
async function takePlace(id: string, until: number, responses: StoredResponses): Promise<void> {
  const places = await responses.places();
  const held = await places.acquire(id, until);
  if (held === undefined) return;
  const ended = await Promise.all(held.map(async (run) => !(await runs(run, responses))));
  for (const [at, run] of held.entries()) if (ended[at]) await places.release(run);
  if (!ended.includes(true) || (await places.acquire(id, until))) throw tooManyRuns();
}

/** One that is not there yet is about to begin. */
async function runs(id: string, responses: StoredResponses): Promise<boolean> {
  const run = responseId(`resp_${id}`);
  const text = run && (await (await responses.chain(run.chain)).response(run.number));
  const status = text === undefined ? "queued" : parseObject(text)?.status;
  return status === "queued" || status === "in_progress";
}

/** A text that is JSON already. */
export function jsonAnswer(c: AppContext, text: string): Response {
  return c.body(text, 200, { "content-type": "application/json" });
}

function needsStore(): RouterError {
  return new RouterError(
    "unsupported_parameter",
    "A response in the background has to be kept: leave out store: false, and set serve.response_ttl above 0.",
    { param: "background" },
  );
}

function tooManyRuns(): RouterError {
  return new RouterError(
    "rate_limit_exceeded",
    "Four responses of this key are made in the background already. Wait for one of them, or cancel it.",
    { param: "background", retryAfter: 10 },
  );
}
