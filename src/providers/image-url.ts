/**
 * Which image links the router fetches. A Worker can neither resolve nor pin a name, so what could lead into a private
 * network or back to the router is told from the address alone; `global_fetch_strictly_public` keeps the rest public.
 */

/**
 * Last labels of names that never belong to a public host: RFC 6761, 6762, 7686, 9476, ICANN's `internal`, what it never
 * delegates (https://www.icann.org/resources/board-material/resolutions-2018-02-04-en#2.c), and what private networks use.
 */
const PRIVATE_LABELS: ReadonlySet<string> = new Set([
  ...["localhost", "local", "test", "invalid", "onion", "alt", "internal"],
  ...["home", "corp", "mail", "lan", "intranet", "localdomain", "private", "domain", "workgroup"],
  ...["svc", "consul", "docker", "kube"],
]);
/** RFC 8375; and names whose labels are the address that they stand for, or that stand for this machine. */
const PRIVATE_SUFFIXES = [
  ...[".home.arpa", ".in-addr.arpa", ".ip6.arpa"],
  ...[".nip.io", ".sslip.io", ".xip.io", ".localtest.me", ".lvh.me"],
];
/** https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4 */
const MAX_HOST_CHARS = 253;

/**
 * @param ownHost The host under which the router itself was called, without port.
 * @returns what is wrong with the link, or undefined when it may be fetched.
 */
export function imageUrlProblem(link: string, ownHost: string | undefined): string | undefined {
  if (!URL.canParse(link)) return "it is not a URL";
  const url = new URL(link);
  if (url.protocol !== "https:") return "only https: and data: URLs are fetched";
  if (url.username !== "" || url.password !== "") return "it holds credentials";
  const host = plainHost(url.hostname);
  if (isAddress(host)) return "it names an address, not a host";
  if (!isPublicName(host)) return "its host is not a public name";
  if (ownHost !== undefined && host === plainHost(ownHost)) return "it points back to this router";
  return undefined;
}

/** In lower case and without the dots that only say that the name is whole. */
function plainHost(host: string): string {
  let end = host.length;
  while (host.charAt(end - 1) === ".") end -= 1;
  return host.slice(0, end).toLowerCase();
}

function isPublicName(host: string): boolean {
  const labels = host.split(".");
  if (labels.length < 2 || labels.includes("") || host.length > MAX_HOST_CHARS) return false;
  if (PRIVATE_LABELS.has(labels.at(-1) ?? "")) return false;
  return !PRIVATE_SUFFIXES.some((suffix) => `.${host}`.endsWith(suffix));
}

/** IPv4 in any notation is dotted decimal once the URL parser has read it; IPv6 stands in brackets. */
function isAddress(host: string): boolean {
  return host.startsWith("[") || /^\d+(\.\d+){3}$/.test(host);
}
