/**
 * Prompt cache marks of a Messages body within a model's limits: at most four, those for an hour before those for five minutes. The
 * last ones stay, because each covers everything before it.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
import { isObject, type JsonObject } from "../../../lib/json.ts";

const MOST_MARKS = 4;

export interface MarkRules {
  /** The model and its target have a cache. */
  readonly caching: boolean;
  readonly hourCache: boolean;
  /** The router marks where the client does not. */
  readonly automatic: boolean;
}

/** Something in the body that may carry a mark, in the order of the prompt. */
export interface Carrier {
  readonly place: "tools" | "system" | "messages";
  /** The block or tool; where content is a string, what holds it: it becomes a block once it is marked. */
  readonly of: JsonObject;
  /** Its `cache_control`, as it stands. */
  readonly mark: unknown;
  /** Whether a mark may be put there. */
  readonly markable: boolean;
}

/** What becomes of a mark: its JSON, or undefined for none. What is not in it stays as it is. */
export type MarkEdits = ReadonlyMap<JsonObject, string | undefined>;

export interface MarkPlan {
  readonly edits: MarkEdits;
  /** Whether the client loses a mark, or the length of one. */
  readonly lost: boolean;
}

/** @param top `cache_control` at the top of the body, which Bedrock does not know: a mark on the last carrier. */
export function planMarks(carriers: readonly Carrier[], top: unknown, rules: MarkRules): MarkPlan {
  const wanted = new Map<Carrier, JsonObject>();
  for (const carrier of carriers) if (isObject(carrier.mark)) wanted.set(carrier, carrier.mark);
  const last = carriers.findLast(({ markable }) => markable);
  if (isObject(top) && last !== undefined && !wanted.has(last)) wanted.set(last, top);
  const own = rules.automatic && wanted.size === 0;
  if (own) for (const carrier of ends(carriers)) wanted.set(carrier, { type: "ephemeral" });
  const ordered = carriers.filter((carrier) => wanted.has(carrier));
  const kept = rules.caching ? ordered.slice(-MOST_MARKS) : [];
  const marks = new Map<Carrier, string>();
  let lost = kept.length < ordered.length && !own;
  let short = false;
  for (const carrier of kept) {
    const asked: JsonObject | undefined = wanted.get(carrier);
    const hour: boolean = asked?.ttl === "1h" && rules.hourCache && !short;
    lost ||= asked?.ttl === "1h" && !hour;
    short ||= !hour;
    marks.set(carrier, asWritten(asked, hour));
  }
  const edits = new Map<JsonObject, string | undefined>();
  for (const carrier of carriers) {
    const mark = marks.get(carrier);
    const now = carrier.mark === undefined ? undefined : JSON.stringify(carrier.mark);
    if (mark !== now) edits.set(carrier.of, mark);
  }
  return { edits, lost };
}

/** A mark with the fields that Bedrock knows; five minutes may be written or not. */
function asWritten(asked: JsonObject | undefined, hour: boolean): string {
  const ttl = hour ? "1h" : asked?.ttl === "5m" ? "5m" : undefined;
  return JSON.stringify({ type: "ephemeral", ...(ttl !== undefined && { ttl }) });
}

/** The ends of what an agent sends again at every step: tools, system text, and what is newest. */
function ends(carriers: readonly Carrier[]): Carrier[] {
  return (["tools", "system", "messages"] as const).flatMap(
    (place) => carriers.findLast((carrier) => carrier.place === place && carrier.markable) ?? [],
  );
}

/** Whether a mark may stand on a block at all. */
export function isMarkable({ type, text }: JsonObject): boolean {
  if (type === "thinking" || type === "redacted_thinking") return false;
  return type !== "text" || (typeof text === "string" && text.trim() !== "");
}
