/** What a value may be in the fields that take `${NAME}`: for the reader of the file, and for the isolate that only puts it in. */
import { withoutEnd } from "../lib/text.ts";
import type { Expanded, ReferenceKind } from "./expand.ts";
import { isLocalUrl } from "./provider.ts";

/** In a list of regions: the others are tried in the order of their distance to the client. */
export const NEAREST = "nearest";
export const REGION = /^(?:nearest|[a-z]{2,}(-[a-z]+)+-\d+)$/;
/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;
export const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/;
/** What a header can carry; a key with anything else would make every call fail, and show itself in the error. */
export const HEADER_SAFE = /^[\x20-\x7e]*$/;
const WEBHOOK_URL = /^https:\/\/[^\s/?#@\\]+(?:[/?][^\s\\#]*)?$/i;

/** What is wrong with a URL, as the end of a sentence. */
export function urlProblem(url: string): string | undefined {
  if (url.includes("$")) return "holds a $ without the name of a binding in braces behind it";
  if (/^[a-z]+:\/\/[^/]*@/i.test(url)) return "holds a user name or password (keys belong in api_key)";
  if (/[?#]/.test(url)) return "has a query or a fragment (?, #)";
  // The parser alone would also take https:host, https:///host and white space.
  if (!/^https?:\/\/[^\s\\/]/i.test(url) || /\s|\\/.test(url) || !URL.canParse(url)) {
    return "is not an http(s) URL";
  }
  return undefined;
}

export function isWebhook(url: string): boolean {
  return WEBHOOK_URL.test(url) && URL.canParse(url);
}

/** The base of Anthropic's API: its clients write it with and without the version. */
export function rootOf(url: string): string {
  return url.replace(/\/v1$/, "");
}

const isUrl = (value: string) => urlProblem(value) === undefined;
const isHeaderSafe = (value: string) => HEADER_SAFE.test(value);

const VALID: Readonly<Record<ReferenceKind, (value: string) => boolean>> = {
  key: isHeaderSafe,
  credential: isHeaderSafe,
  "external-id": (value) => EXTERNAL_ID.test(value),
  role: (value) => ROLE_ARN.test(value),
  region: (value) => REGION.test(value),
  endpoint: isUrl,
  server: isUrl,
  root: isUrl,
  webhook: isWebhook,
};

/** Whether a value may stand where a text of this kind does. */
export function isValid(kind: ReferenceKind, value: string): boolean {
  return VALID[kind](value);
}

export type Put =
  | { readonly kind: "value"; readonly value: string }
  /** The field is as good as not there. */
  | { readonly kind: "none" }
  /** It changes more than its own place, or it is wrong: only the reader of the whole file can tell. */
  | { readonly kind: "unclear" };

/** What is to be put where a text of this kind stands. */
export function putFor(kind: ReferenceKind, { value, unset }: Expanded): Put {
  if (kind === "key" && (unset.length > 0 || value === "")) return { kind: "none" };
  // A region may be written of several parts, of which some are empty.
  if (
    value === "" ||
    (unset.length > 0 && kind !== "region") ||
    !isValid(kind, value) ||
    changes(kind, value)
  ) {
    return { kind: "unclear" };
  }
  if (kind === "root") return { kind: "value", value: rootOf(withoutEnd(value, "/")) };
  const isAddress = kind === "endpoint" || kind === "server";
  return { kind: "value", value: isAddress ? withoutEnd(value, "/") : value };
}

/** Whether a value says more than what stands in its place: an API on this machine wants no key, and no region is called nearest. */
function changes(kind: ReferenceKind, value: string): boolean {
  return kind === "server" ? isLocalUrl(value) : kind === "region" && value === NEAREST;
}
