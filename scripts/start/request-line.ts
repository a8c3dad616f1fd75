/** The Worker's structured log as lines for people. */
import { asObject, asString, type JsonObject, objectsIn } from "../../emulator/json.ts";

/** What a line for people leaves out. */
const PREFIX = /^(openai|anthropic)-/;

/**
 * A line for each exchange: time, status, API, model, what it took. Of a failure the words; other text is given back as it is.
 * @param message What the Worker printed.
 * @param billed Whether a price means anything.
 */
export function requestLine(message: string, now: Date, billed: boolean): string {
  const entry = parsed(message);
  if (typeof entry?.request_id !== "string") return message;
  if (typeof entry.status !== "number") return `${" ".repeat(8)}  ${asString(entry.message) || message}`;
  const { cost_usd: cost, prompt_tokens: input, completion_tokens: output, code } = entry;
  return [
    now.toTimeString().slice(0, 8),
    String(entry.status),
    asString(entry.dialect).replace(PREFIX, "").padEnd(10),
    modelPart(entry),
    asString(code),
    timePart(entry),
    typeof input === "number" ? `${input} → ${typeof output === "number" ? output : "?"} tokens` : "",
    billed && typeof cost === "number" ? `$${Number(cost.toPrecision(2))}` : "",
    failuresPart(entry),
  ]
    .filter((part) => part !== "")
    .join("  ");
}

/** What was asked for, and who answered it. */
function modelPart({ model, requested_model: asked, strategy }: JsonObject): string {
  if (typeof model !== "string") return asString(asked);
  return model === asked ? model : `${asString(asked)} → ${model} (${asString(strategy)})`;
}

function timePart({ first_byte_ms: first, total_ms: total }: JsonObject): string {
  const shown = (ms: unknown, what: string) =>
    typeof ms === "number" ? [`${what} ${(ms / 1000).toFixed(2)} s`] : [];
  return [...shown(first, "first byte"), ...shown(total, "all")].join(", ");
}

function failuresPart({ attempts }: JsonObject): string {
  const failed = objectsIn(attempts).filter(({ outcome }) => outcome !== "ok");
  const told = failed.map(({ model, outcome }) => `${asString(model)} ${asString(outcome)}`);
  return told.length === 0 ? "" : `after ${told.join(", ")}`;
}

function parsed(message: string): JsonObject | undefined {
  if (!message.startsWith("{")) return undefined;
  try {
    return asObject(JSON.parse(message));
  } catch {
    return undefined;
  }
}
