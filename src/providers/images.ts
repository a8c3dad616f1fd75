/** Fetches the images that a request links to, since Bedrock's models take them only inline. */
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
/** All images of a request that links to some, those that it brings along counted too. */
const MAX_ALL_BYTES = 10 * MIB;
const TIMEOUT_MS = 10_000;
const MAX_HOPS = 3;
/** A Worker has six connections for a request; one stays free for the model, one in reserve. */
const AT_ONCE = 4;
/** The bytes and their base64; the body for the upstream is counted where it is made. */
const COPIES = 2;

type ImagePart = Extract<ContentPart, { type: "image_url" }>;

/** A link, and what its parts have in common. */
interface Link {
  /** The first that names it. */
  readonly part: ImagePart;
  /** How often the body will hold it. */
  count: number;
}

type Fetching = Pick<CallContext, "hold" | "images" | "ownHost"> & { readonly signal: AbortSignal };

/**
 * The request with every `https:` image as a data URL; the same image is fetched once. The first failure ends the others.
 * @param context Its `images` are taken as they are, and get what is fetched.
 * @throws RouterError `invalid_value` naming the part, for a link that may not be or cannot be fetched, and for too many.
 */
export async function inlineImages(request: ChatRequest, context: Fetching): Promise<ChatRequest> {
  const { signal, images = new Map<string, Promise<string>>() } = context;
  const links = new Map<string, Link>();
  let carried = 0;
  for (const part of request.messages.flatMap(({ content }): readonly ContentPart[] => content)) {
    if (part.type !== "image_url") continue;
    const known = links.get(part.url);
    if (known) known.count += 1;
    else if (isLink(part)) links.set(part.url, { part, count: 1 });
    else carried += bytesOf(part.url);
    if (links.size > MAX_LINKS) throw refused(part, `at most ${MAX_LINKS} links are fetched for one request`);
  }
  if (links.size === 0) return request;
  const stop = linkedAbort(signal);
  const budget = imageBudget(carried);
  const fetched = new Map<string, string>();
  const queue = [...links.values()];
  const work = async () => {
    for (let link = queue.shift(); link; link = queue.shift()) {
      const { url } = link.part;
      const known = images.get(url);
      const image = known ?? fetchImage(link, { ...context, signal: stop.signal }, budget);
      images.set(url, image);
      fetched.set(url, await image);
      if (known) budget(link, bytesOf(await image));
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, queue.length) }, work));
  } catch (thrown) {
    stop.abort(thrown);
    // Another attempt may have more luck.
    for (const { part } of links.values()) if (!fetched.has(part.url)) images.delete(part.url);
    throw thrown;
  }
  return { ...request, messages: request.messages.map((message) => inlined(message, fetched)) };
}

/** Takes the bytes of a link's image, as often as the body will hold them. */
type Budget = (link: Link, bytes: number) => void;

function imageBudget(carried: number): Budget {
  let all = carried;
  return ({ part, count }, bytes) => {
    all += bytes * count;
    if (all > MAX_ALL_BYTES) {
      throw refused(part, `the images of this request are together larger than ${MAX_ALL_BYTES / MIB} MiB`);
    }
  };
}

/** What the base64 of a data URL stands for. */
function bytesOf(dataUrl: string): number {
  return Math.floor(((dataUrl.length - dataUrl.indexOf(",") - 1) * 3) / 4);
}

function isLink(part: ImagePart): boolean {
  return /^https?:/i.test(part.url);
}

function inlined<M extends ChatMessage>(message: M, fetched: ReadonlyMap<string, string>): M {
  const content = message.content.map((part) =>
    part.type === "image_url" ? { ...part, url: fetched.get(part.url) ?? part.url } : part,
  );
  return { ...message, content };
}

async function fetchImage(link: Link, context: Fetching, budget: Budget): Promise<string> {
  const { part } = link;
  const limited = AbortSignal.any([context.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  let url = part.url;
  for (let hop = 0; hop <= MAX_HOPS; hop++) {
    const problem = imageUrlProblem(url, context.ownHost);
    if (problem !== undefined) throw refused(part, problem);
    const response = await get(url, part, limited, context.signal);
    const next = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || next === null) {
      return readImage(response, part, async (bytes) => {
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
  part: ImagePart,
  limited: AbortSignal,
  client: AbortSignal,
): Promise<Response> {
  try {
    return await fetch(link, { redirect: "manual", signal: limited, headers: { accept: "image/*" } });
  } catch {
    if (client.aborted) throw client.reason;
    const why = limited.aborted
      ? `it did not come within ${TIMEOUT_MS / 1000} s`
      : "its host cannot be reached";
    throw refused(part, why);
  }
}

/** @param take Told of the bytes as they come; throws when they are too many. */
async function readImage(
  response: Response,
  part: ImagePart,
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
  if (type === undefined || !type.startsWith("image/")) {
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

function refused({ param }: ImagePart, why: string): RouterError {
  const field = `${param}.image_url`;
  return new RouterError(
    "invalid_value",
    `Invalid '${field}': the image cannot be fetched: ${why}. Send it as a data: URL instead.`,
    { param: field },
  );
}
