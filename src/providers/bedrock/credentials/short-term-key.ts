/**
 * Short-term Bedrock API keys carry their own end: they are a presigned URL of at most twelve hours.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-how.html
 */
import { RouterError } from "../../../errors.ts";

const PREFIX = "bedrock-api-key-";
const MAX_CHARS = 16_384;
const MINUTE_MS = 60_000;
/** From then on the log says so. */
const SOON_MS = 60 * MINUTE_MS;
const SAY_AGAIN_MS = 10 * MINUTE_MS;
/** AWS's clock decides, not this one. */
const SKEW_MS = 5 * MINUTE_MS;
const MAX_KNOWN = 100;

/** By key: when it ends, and when the log was told last. */
const known = new Map<string, { readonly endsAt: number | undefined; saidAt: number }>();

/** When a key ends, in milliseconds since the epoch; undefined for one that does not say so. */
export function keyEnd(key: string): number | undefined {
  if (!key.startsWith(PREFIX) || key.length > MAX_CHARS) return undefined;
  let url: string;
  try {
    url = atob(key.slice(PREFIX.length));
  } catch {
    return undefined;
  }
  const query = new URLSearchParams(url.slice(url.indexOf("?") + 1));
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get("X-Amz-Date") ?? "") ?? [];
  const seconds = query.get("X-Amz-Expires") ?? "";
  const begin = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(begin) || !/^\d{1,6}$/.test(seconds) ? undefined : begin + Number(seconds) * 1000;
}

/**
 * Tells the log of a key that ends within the hour, every ten minutes.
 * @param name Where the key stands, for messages.
 * @param now Milliseconds since the epoch.
 * @throws RouterError `aws_credentials_expired` for one that has ended.
 */
export function watchKey(key: string, name: string, now: number): void {
  let entry = known.get(key);
  if (!entry) {
    if (known.size >= MAX_KNOWN) known.clear();
    entry = { endsAt: keyEnd(key), saidAt: Number.NEGATIVE_INFINITY };
    known.set(key, entry);
  }
  const { endsAt, saidAt } = entry;
  if (endsAt === undefined) return;
  if (now > endsAt + SKEW_MS) throw new RouterError("aws_credentials_expired", endNote(name, endsAt, now));
  if (endsAt - now > SOON_MS || now - saidAt < SAY_AGAIN_MS) return;
  entry.saidAt = now;
  console.warn(endNote(name, endsAt, now));
}

/** A sentence on a short-term key's end. */
export function endNote(name: string, endsAt: number, now: number): string {
  const at = new Date(endsAt).toISOString().replace(".000", "");
  const cure = `Set a new one with \`npx wrangler secret put NAME\`; a service that runs on is better served by an IAM role or a long-term key.`;
  if (endsAt <= now) return `${name} is a short-term Bedrock API key: it ended at ${at}. ${cure}`;
  return `${name} is a short-term Bedrock API key: it ends at ${at}, in ${span(endsAt - now)}. ${cure}`;
}

function span(ms: number): string {
  const minutes = Math.ceil(ms / MINUTE_MS);
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min` : `${hours} h ${minutes % 60} min`;
}
