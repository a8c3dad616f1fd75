/** What can be asked of a stored response: itself, its input, its events, its end. */
import type { JsonObject } from "../../chat/request.ts";
import { RouterError } from "../../errors.ts";
import type { AppContext, Endpoint } from "../../http/context.ts";
import { SSE_HEADERS } from "../../http/sse.ts";
import { isObject, parseObject } from "../../lib/json.ts";
import { type ChainObject, storedResponses } from "../../objects/responses/client.ts";
import { type ResponseId, responseId } from "../../objects/responses/ids.ts";
import { storedJson, storedList } from "../../objects/stored-json.ts";
import { configOf } from "../../services.ts";
import { jsonAnswer } from "./create.ts";

const PATH = "/responses/:id";
const MOST_LISTED = 100;
const LISTED = 20;

export const retrieve: Endpoint = {
  method: "GET",
  path: PATH,
  access: "key",
  async handle(c) {
    const { id, object } = await found(c);
    const text = (await object.response(id.number)) ?? unknown(c);
    if (c.req.query("stream") === "true") return events(c, id, object);
    if (!storedJson("texts", text, isObject)) unknown(c);
    return jsonAnswer(c, text);
  },
};

async function events(c: AppContext, id: ResponseId, object: ChainObject): Promise<Response> {
  const after = c.req.query("starting_after") ?? "-1";
  if (!/^(?:-1|\d{1,9})$/.test(after)) {
    throw invalid("starting_after", "expected the sequence number of an event");
  }
  const answer = await object.fetch(`https://chain/?number=${id.number}&after=${after}`);
  if (answer.status === 429) {
    throw new RouterError("rate_limit_exceeded", "32 clients read the events of this response already.");
  }
  if (!answer.ok) {
    throw invalid(
      "stream",
      "the events of this response are not kept: only those of background: true are, for 10 minutes after its end",
    );
  }
  return c.body(answer.body ?? "", 200, SSE_HEADERS);
}

export const remove: Endpoint = {
  method: "DELETE",
  path: PATH,
  access: "key",
  async handle(c) {
    const { id, object } = await found(c);
    if (!(await object.remove(id.number))) unknown(c);
    return c.json({ id: c.req.param("id"), object: "response", deleted: true });
  },
};

export const cancel: Endpoint = {
  method: "POST",
  path: `${PATH}/cancel`,
  access: "key",
  async handle(c) {
    const { id, object } = await found(c);
    const before = parseObject((await object.response(id.number)) ?? "") ?? unknown(c);
    if (before.background !== true) {
      throw invalid("id", "only a response in the background can be cancelled");
    }
    return jsonAnswer(c, (await object.cancel(id.number)) ?? unknown(c));
  },
};

export const inputItems: Endpoint = {
  method: "GET",
  path: `${PATH}/input_items`,
  access: "key",
  async handle(c) {
    const { id, object } = await found(c);
    const input = await object.input(id.number, configOf(c.env).serve.maxBodyBytes);
    if ("missing" in input) {
      if (input.missing === "too long") tooLong();
      return (await object.response(id.number)) === undefined ? unknown(c) : forgotten();
    }
    const items = storedList("texts", input.items) ?? unknown(c);
    const told = items.map((item, index) => listed(item, id, index));
    return c.json(page(c, told));
  },
};

/** Items of clients may have no id, but pages are asked for by one; a message's text is a part of it, as OpenAI tells it. */
function listed(item: unknown, { chain, number }: ResponseId, index: number): JsonObject {
  const given = isObject(item) ? item : {};
  const type = given.type ?? "message";
  const { id, content } = given;
  return {
    ...given,
    id: id ?? `in_${chain}_${number}_${index}`,
    type,
    ...(type === "message" && typeof content === "string" && { content: [textPart(content, given.role)] }),
  };
}

function textPart(text: string, role: unknown): JsonObject {
  return role === "assistant"
    ? { type: "output_text", text, annotations: [], logprobs: [] }
    : { type: "input_text", text };
}

function page(c: AppContext, items: readonly JsonObject[]): JsonObject {
  const { limit = String(LISTED), order = "desc", after } = c.req.query();
  const most = Number(limit);
  if (!Number.isInteger(most) || most < 1 || most > MOST_LISTED) {
    throw invalid("limit", `expected an integer from 1 to ${MOST_LISTED}`);
  }
  if (order !== "asc" && order !== "desc") throw invalid("order", 'expected "asc" or "desc"');
  const ordered = order === "asc" ? items : items.toReversed();
  const start = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && start === 0) throw invalid("after", "no item of this response has this id");
  const data = ordered.slice(start, start + most);
  return {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + most < ordered.length,
  };
}

async function found(c: AppContext): Promise<{ id: ResponseId; object: ChainObject }> {
  const id = responseId(c.req.param("id") ?? "") ?? unknown(c);
  return { id, object: await storedResponses(c.env, c.get("client").name).chain(id.chain) };
}

function unknown(c: AppContext): never {
  const id = (c.req.param("id") ?? "").slice(0, 100);
  throw new RouterError(
    "response_not_found",
    `Response with id '${id}' not found: it was not kept (store: false), was deleted, has expired, or belongs to another key.`,
    { param: "id" },
  );
}

/** A response is there whose parent is not. */
function forgotten(): never {
  throw new RouterError(
    "response_not_found",
    "What this response was asked is not known any more: a response before it was deleted.",
    { param: "id" },
  );
}

function tooLong(): never {
  throw new RouterError("invalid_value", "The input is longer than serve.max_body_bytes.", { param: "id" });
}

function invalid(param: string, text: string): RouterError {
  return new RouterError("invalid_value", `Invalid '${param}': ${text}.`, { param });
}
