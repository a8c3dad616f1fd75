/** A Responses request with its stored parts put in: what went before it, and the items that it refers to. */
import type { JsonObject } from "../../chat/request.ts";
import { RouterError } from "../../errors.ts";
import { parseExact } from "../../lib/exact-json.ts";
import { isObject } from "../../lib/json.ts";
import type { ChainObject, StoredResponses } from "../../objects/responses/client.ts";
import { type ItemId, itemId, newChain, type ResponseId, responseId } from "../../objects/responses/ids.ts";
import { chainFull } from "../../objects/responses/run.ts";
import { storedList } from "../../objects/stored-json.ts";

/** Each is a call of an object. */
const MOST_REFERENCES = 500;
const AT_ONCE = 6;

export interface Expanded {
  /** The request as its dialect parses it. */
  readonly body: JsonObject;
  /** Under which id the answer goes, and is kept where it is. */
  readonly id: ResponseId;
  readonly parent: number | undefined;
  /** Its own input items, references resolved. */
  readonly input: readonly unknown[];
  /** How many items stand before them in the body. */
  readonly before: number;
}

/**
 * @param most Characters of what went before, at the most.
 * @param store Whether the answer will be kept.
 * @throws RouterError `previous_response_not_found`, `invalid_value` naming the reference that leads nowhere
 */
export async function expand(
  wire: JsonObject,
  responses: StoredResponses,
  { most, store }: { readonly most: number; readonly store: boolean },
): Promise<Expanded> {
  if (typeof (wire.store ?? true) !== "boolean") throw invalid("store", "expected a boolean");
  const previous = previousId(wire);
  const input = await resolved(ownItems(wire.input), responses);
  if (previous === undefined) {
    const body = { ...wire, store, ...(!isUnset(wire.input) && { input }) };
    return { body, id: { chain: newChain(), number: 0 }, parent: undefined, input, before: 0 };
  }
  const object = await responses.chain(previous.chain);
  const { number, history } = await begin(object, previous, { most, store });
  const before = storedList("texts", history) ?? missing(previous);
  return {
    body: { ...wire, store, input: [...before, ...input] },
    id: { chain: store ? previous.chain : newChain(), number },
    parent: previous.number,
    input,
    before: before.length,
  };
}

function previousId(wire: JsonObject): ResponseId | undefined {
  const { previous_response_id: text } = wire;
  if (text === undefined || text === null) return undefined;
  const id = typeof text === "string" ? responseId(text) : undefined;
  if (id === undefined) throw notFound(text);
  return id;
}

async function begin(
  object: ChainObject,
  previous: ResponseId,
  { most, store }: { readonly most: number; readonly store: boolean },
): Promise<{ number: number; history: string }> {
  const begun = await object.begin(previous.number, most, store);
  if (!("missing" in begun)) return begun;
  if (begun.missing === "full") throw chainFull();
  if (begun.missing === "running") {
    throw invalid(
      "previous_response_id",
      "this response is still being made: wait for its end, or cancel it",
    );
  }
  if (begun.missing === "unknown") missing(previous);
  throw new RouterError(
    "context_length_exceeded",
    `What went before this response is longer than ${most} characters (serve.max_body_bytes), beyond the maximum context length here: begin a new chain, without previous_response_id.`,
    { param: "previous_response_id" },
  );
}

/** A text is one message. Without any, the dialect says what is missing. */
function ownItems(input: unknown): readonly unknown[] {
  if (Array.isArray(input)) return input;
  if (isUnset(input)) return [];
  if (typeof input !== "string") throw invalid("input", "expected a string or a list of items");
  return [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }];
}

async function resolved(items: readonly unknown[], responses: StoredResponses): Promise<readonly unknown[]> {
  const references = [...items.entries()].filter(([, item]) => isReference(item));
  if (references.length === 0) return items;
  if (references.length > MOST_REFERENCES) {
    throw invalid(
      "input",
      `at most ${MOST_REFERENCES} item references are looked up; send the items themselves`,
    );
  }
  const found = [...items];
  for (let at = 0; at < references.length; at += AT_ONCE) {
    await Promise.all(
      references.slice(at, at + AT_ONCE).map(async ([index, item]) => {
        found[index] = await referred(item, index, responses);
      }),
    );
  }
  return found;
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null;
}

/** OpenAI's reference lets its type be missing: what has an id, and neither type nor role, is one. */
function isReference(item: unknown): item is JsonObject {
  if (!isObject(item)) return false;
  const { type, id, role } = item;
  return type === "item_reference" || (isUnset(type) && isUnset(role) && typeof id === "string");
}

async function referred(item: unknown, index: number, responses: StoredResponses): Promise<unknown> {
  const id = isObject(item) && typeof item.id === "string" ? itemId(item.id) : undefined;
  const text = id && (await stored(id, responses));
  if (text !== undefined) return parseExact(text);
  throw invalid(
    `input[${index}]`,
    "no item of this id is kept here (any more): send the items themselves, with store: false",
  );
}

async function stored(
  { chain, number, item }: ItemId,
  responses: StoredResponses,
): Promise<string | undefined> {
  return (await responses.chain(chain)).item(number, item);
}

function invalid(param: string, text: string): RouterError {
  return new RouterError("invalid_value", `Invalid '${param}': ${text}.`, { param });
}

function missing({ chain, number }: ResponseId): never {
  throw notFound(`resp_${chain}_${number}`);
}

function notFound(id: unknown): RouterError {
  return new RouterError(
    "previous_response_not_found",
    `Previous response with id '${String(id).slice(0, 100)}' not found: it was never kept here, was deleted or has expired, or one before it was. Send the whole conversation in input.`,
    { param: "previous_response_id" },
  );
}
