/** Fetches the images and documents that a request links to, since Bedrock's models take them only inline. */
import type { CallContext } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import { sniffMediaType } from "../families/index.ts";
import type { ChatMessage, ChatRequest, ContentPart } from "../chat/request.ts";
import { linkedAbort } from "../lib/linked-abort.ts";
import { imageUrlProblem } from "./image-url.ts";

const MIB = 2 ** 20;
const MAX_BYTES = 5 * MIB;
/** Links that are fetched for one request. */
const MAX_LINKS = 20;
/** All that a request shows, where it links to some of it, what it brings along counted too. */
const MAX_ALL_BYTES = 10 * MIB;
const TIMEOUT_MS = 10_000;
const MAX_HOPS = 3;
/** A Worker has six connections for a request; one stays free for the model, one in reserve. */
const AT_ONCE = 4;
/** The bytes and their base64; the body for the upstream is counted where it is made. */
const COPIES = 2;
const PDF = "application/pdf";
const ACCEPT = { image_url: "image/*", file: PDF } as const;

type MediaPart = Extract<ContentPart, { type: "image_url" | "file" }>;

/** A link, and what its parts have in common. */
interface Link {
  /** The first that names it. */
  readonly part: MediaPart;
  readonly url: string;
  /** How often the body will hold it. */
  count: number;
}

type Fetching = Pick<CallContext, "hold" | "images" | "ownHost"> & {
  readonly signal: AbortSignal;
  /** Leaves links to the other kind as they are, for an API that follows them itself. */
  readonly only?: MediaPart["type"];
};

/**
 * The request with every `https:` image or document as a data URL; the same one is fetched once. The first failure ends the others.
 * @param context Its `images` are taken as they are, and get what is fetched.
 * @throws RouterError `invalid_value` naming the part, for a link that may not be or cannot be fetched, and for too many.
 */
export async function inlineLinks(request: ChatRequest, context: Fetching): Promise<ChatRequest> {
  const { signal, images = new Map<string, Promise<string>>() } = context;
  const links = new Map<string, Link>();
  let carried = 0;
  for (const part of request.messages.flatMap(({ content }): readonly ContentPart[] => content)) {
    if (part.type !== "image_url" && part.type !== "file") continue;
    const url = context.only === undefined || part.type === context.only ? linkOf(part) : undefined;
    const known = url === undefined ? undefined : links.get(keyOf(part, url));
    if (known) known.count += 1;
    else if (url !== undefined) links.set(keyOf(part, url), { part, url, count: 1 });
    else carried += bytesOf((part.type === "file" ? part.data : part.url) ?? "");
    if (links.size > MAX_LINKS) throw refused(part, `at most ${MAX_LINKS} links are fetched for one request`);
  }
  if (links.size === 0) return request;
  const stop = linkedAbort(signal);
  const budget = imageBudget(carried);
  const fetched = new Map<string, string>();
  const queue = [...links.values()];
  const work = async () => {
    for (let link = queue.shift(); link; link = queue.shift()) {
      const key = keyOf(link.part, link.url);
      const known = images.get(key);
      const image = known ?? fetchMedia(link, { ...context, signal: stop.signal }, budget);
      images.set(key, image);
      fetched.set(key, await image);
      if (known) budget(link, bytesOf(await image));
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, queue.length) }, work));
  } catch (thrown) {
    stop.abort(thrown);
    // Another attempt may have more luck.
    for (const key of links.keys()) if (!fetched.has(key)) images.delete(key);
    throw thrown;
  }
  return { ...request, messages: request.messages.map((message) => inlined(message, fetched)) };
}

/** Takes the bytes behind a link, as often as the body will hold them. */
type Budget = (link: Link, bytes: number) => void;

function imageBudget(carried: number): Budget {
  let all = carried;
  return ({ part, count }, bytes) => {
    all += bytes * count;
    if (all > MAX_ALL_BYTES) {
      throw refused(part, `what this request shows is together larger than ${MAX_ALL_BYTES / MIB} MiB`);
    }
  };
}

/** What the base64 of a data URL stands for. */
function bytesOf(dataUrl: string): number {
  return Math.floor(((dataUrl.length - dataUrl.indexOf(",") - 1) * 3) / 4);
}

/** Undefined for what is inline, or only named. */
function linkOf(part: MediaPart): string | undefined {
  return part.url !== undefined && /^https?:/i.test(part.url) ? part.url : undefined;
}

/** What a link gives depends on what it is asked for. */
function keyOf({ type }: MediaPart, url: string): string {
  return `${type} ${url}`;
}

function inlined<M extends ChatMessage>(message: M, fetched: ReadonlyMap<string, string>): M {
  const content = message.content.map((part): ContentPart => {
    if (part.type !== "image_url" && part.type !== "file") return part;
    const data = fetched.get(keyOf(part, part.url ?? ""));
    if (data === undefined) return part;
    if (part.type === "image_url") return { ...part, url: data };
    const { url: _, ...document } = part;
    return { ...document, data, mediaType: PDF };
  });
  return { ...message, content };
}

async function fetchMedia(link: Link, context: Fetching, budget: Budget): Promise<string> {
  const { part } = link;
  const limited = AbortSignal.any([context.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  let { url } = link;
  for (let hop = 0; hop <= MAX_HOPS; hop++) {
    const problem = imageUrlProblem(url, context.ownHost);
    if (problem !== undefined) throw refused(part, problem);
    const response = await get(url, part, limited, context.signal);
    const next = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || next === null) {
      return readMedia(response, part, async (bytes) => {
        budget(link, bytes);
        await context.hold?.take(bytes * COPIES, context.signal);
      });
    }
    await response.body?.cancel().catch(() => {});
    if (!URL.canParse(next, url)) throw refused(part, "it redirects to something that is not a URL");
    url = new URL(next, url).href;
  }
  throw refused(part, `it redirects more than ${MAX_HOPS} times`);
}

async function get(
  link: string,
  part: MediaPart,
  limited: AbortSignal,
  client: AbortSignal,
): Promise<Response> {
  try {
    return await fetch(link, { redirect: "manual", signal: limited, headers: { accept: ACCEPT[part.type] } });
  } catch {
    if (client.aborted) throw client.reason;
    const why = limited.aborted
      ? `it did not come within ${TIMEOUT_MS / 1000} s`
      : "its host cannot be reached";
    throw refused(part, why);
  }
}

/** @param take Told of the bytes as they come; throws when they are too many. */
async function readMedia(
  response: Response,
  part: MediaPart,
  take: (bytes: number) => Promise<void>,
): Promise<string> {
  if (!response.ok || !response.body) {
    await response.body?.cancel().catch(() => {});
    throw refused(part, `its host answers with HTTP ${response.status}`);
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const bytes of response.body) {
      size += bytes.byteLength;
      if (size > MAX_BYTES) throw refused(part, `it is larger than ${MAX_BYTES / MIB} MiB`);
      await take(bytes.byteLength);
      parts.push(bytes);
    }
  } catch (thrown) {
    if (thrown instanceof RouterError) throw thrown;
    throw refused(part, "it broke off or took too long");
  }
  const base64 = joined(parts, size).toBase64();
  const type = sniffMediaType(base64);
  if (part.type === "file") {
    if (type !== PDF) throw refused(part, "what it gives is not a PDF");
  } else if (type === undefined || !type.startsWith("image/")) {
    throw refused(part, "what it gives is not a PNG, JPEG, GIF or WebP image");
  }
  return `data:${type};base64,${base64}`;
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

function refused({ type, param }: MediaPart, why: string): RouterError {
  const [field, what] = type === "file" ? [param, "document"] : [`${param}.image_url`, "image"];
  return new RouterError(
    "invalid_value",
    `Invalid '${field}': the ${what} cannot be fetched: ${why}. Send it inline instead, as a data: URL or in base64.`,
    { param: field },
  );
}
