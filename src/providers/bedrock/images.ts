/** Fetches the images that a request links to, since Bedrock's models take them only inline. */
import type { CallContext } from "../../contracts.ts";
import { RouterError } from "../../errors.ts";
import { sniffMediaType } from "../../families/index.ts";
import type { ChatMessage, ChatRequest, ContentPart } from "../../chat/request.ts";
import { imageUrlProblem } from "./image-url.ts";

const MAX_BYTES = 5 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
const MAX_HOPS = 3;
/** A Worker has six connections for a request; one stays free for the model, one in reserve. */
const AT_ONCE = 4;

type ImagePart = Extract<ContentPart, { type: "image_url" }>;

/**
 * The request with every `https:` image as a data URL; the same image is fetched once.
 * @param context Its `images` are taken as they are, and get what is fetched.
 * @throws RouterError `invalid_value` naming the part, for a link that may not be or cannot be fetched.
 */
export async function inlineImages(
  request: ChatRequest,
  { ownHost, signal, images = new Map() }: Pick<CallContext, "images" | "ownHost" | "signal">,
): Promise<ChatRequest> {
  const links = new Map<string, ImagePart>();
  for (const { content } of request.messages) {
    for (const part of content) if (isLink(part)) links.set(part.url, part);
  }
  if (links.size === 0) return request;
  const queue = [...links.values()].filter(({ url }) => !images.has(url));
  const work = async () => {
    for (let part = queue.shift(); part; part = queue.shift()) {
      images.set(part.url, await fetchImage(part, ownHost, signal));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, queue.length) }, work));
  return { ...request, messages: request.messages.map((message) => inlined(message, images)) };
}

function isLink(part: ContentPart): part is ImagePart {
  return part.type === "image_url" && /^https?:/i.test(part.url);
}

function inlined<M extends ChatMessage>(message: M, fetched: ReadonlyMap<string, string>): M {
  const content = message.content.map((part) =>
    part.type === "image_url" ? { ...part, url: fetched.get(part.url) ?? part.url } : part,
  );
  return { ...message, content };
}

async function fetchImage(
  part: ImagePart,
  ownHost: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  let link = part.url;
  for (let hop = 0; hop <= MAX_HOPS; hop++) {
    const problem = imageUrlProblem(link, ownHost);
    if (problem !== undefined) throw refused(part, problem);
    const response = await get(link, part, limited, signal);
    const next = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || next === null) return readImage(response, part);
    await response.body?.cancel().catch(() => {});
    if (!URL.canParse(next, link)) throw refused(part, "it redirects to something that is not a URL");
    link = new URL(next, link).href;
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

async function readImage(response: Response, part: ImagePart): Promise<string> {
  if (!response.ok || !response.body) {
    await response.body?.cancel().catch(() => {});
    throw refused(part, `its host answers with HTTP ${response.status}`);
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const bytes of response.body) {
      size += bytes.byteLength;
      if (size > MAX_BYTES) throw refused(part, `it is larger than ${MAX_BYTES / 1024 / 1024} MiB`);
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
