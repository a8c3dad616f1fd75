/** A client's own Responses body on its way to an upstream that speaks the same: what only the router knows is taken out. */
import { carried } from "../../../chat/carrier.ts";
import type { ChatRequest, Concept } from "../../../chat/request.ts";
import { itemPath } from "./names.ts";
import { asObject, asText, isObject, type JsonObject } from "../../../lib/json.ts";

export interface ResponsesBodyOptions {
  /** The target's configured name, under which clients bring back its reasoning. */
  readonly name: string;
  /** The model reasons, also where nobody asks it to. */
  readonly reasons: boolean;
  /** Fields of the client's own body that are written anew; undefined takes one out. */
  readonly edits?: ReadonlyMap<Concept, unknown>;
  /** It is written from the neutral form, though the client speaks this dialect itself. */
  readonly rewritten?: boolean;
  /** The reasoning of earlier turns is left out of a client's own body: the upstream cannot read it. */
  readonly forgets?: boolean;
}

/** What the router does itself: it keeps answers, makes them in the background and puts in what went before. */
const ROUTERS_OWN: ReadonlySet<string> = new Set(["background", "previous_response_id", "store"]);

const ENCRYPTED = "reasoning.encrypted_content";

/** @param request One whose `source` is of this dialect. */
export function ownResponsesBody(request: ChatRequest, options: ResponsesBodyOptions): JsonObject {
  const { body } = request.source;
  const { edits = new Map<Concept, unknown>() } = options;
  const out = new Set(
    request.params.flatMap(({ concept, name }) =>
      concept !== undefined && edits.has(concept) ? [name] : [],
    ),
  );
  const kept = Object.entries(body).filter(([name]) => !ROUTERS_OWN.has(name) && !out.has(name));
  const own: JsonObject = Object.fromEntries(kept);
  for (const [concept, value] of edits) {
    // The effort is a member of another field.
    if (concept === "reasoning") own.reasoning = withEffort(own.reasoning, value);
    else if (value !== undefined) own[concept] = value;
  }
  if (Array.isArray(body.input)) own.input = ownItems(body.input, request, options);
  // What is kept here has to be able to go on.
  if (body.store === true && (options.reasons || own.reasoning !== undefined))
    own.include = withEncrypted(own.include);
  return { ...own, store: false };
}

function withEffort(reasoning: unknown, effort: unknown): JsonObject | undefined {
  const { effort: _before, ...rest } = asObject(reasoning) ?? {};
  const members = effort === undefined ? rest : { ...rest, effort };
  return Object.keys(members).length > 0 ? members : undefined;
}

function withEncrypted(include: unknown): unknown[] {
  const asked: readonly unknown[] = Array.isArray(include) ? include : [];
  return asked.includes(ENCRYPTED) ? [...asked] : [...asked, ENCRYPTED];
}

function ownItems(
  items: readonly unknown[],
  request: ChatRequest,
  { name, forgets }: ResponsesBodyOptions,
): unknown[] {
  const media = fetchedMedia(request);
  const { before } = request.source;
  return items.flatMap((item, index) => {
    if (!isObject(item)) return [item];
    if (item.type === "reasoning") return forgets ? [] : reasoningItems(item, name);
    return [media.size === 0 ? item : withMedia(item, itemPath(index, before), media)];
  });
}

/** Of an answer that the router wrote, what the upstream itself had encrypted; of other models' nothing. */
function reasoningItems(item: JsonObject, name: string): JsonObject[] {
  const found = carried(asText(item.encrypted_content));
  if (found === undefined) return [item];
  if (found.model !== name) return [];
  return found.blocks.flatMap((block) =>
    block.kind === "redacted"
      ? [{ type: "reasoning", summary: item.summary ?? [], encrypted_content: block.data }]
      : [],
  );
}

/** Images that the provider has fetched, by the path of their part. */
function fetchedMedia({ messages }: ChatRequest): ReadonlyMap<string, string> {
  const parts = messages.flatMap(({ content }) => content);
  return new Map(
    parts.flatMap((part) =>
      part.type === "image_url" && part.url.startsWith("data:") ? [[part.param, part.url] as const] : [],
    ),
  );
}

function withMedia(item: JsonObject, param: string, media: ReadonlyMap<string, string>): JsonObject {
  const [member, parts] = Array.isArray(item.content) ? ["content", item.content] : ["output", item.output];
  if (!Array.isArray(parts)) return item;
  const written = parts.map((part: unknown, index) => {
    const url = media.get(`${param}.${member}[${index}]`);
    return url === undefined || !isObject(part) || part.image_url === url
      ? part
      : { ...part, image_url: url };
  });
  return { ...item, [String(member)]: written };
}
