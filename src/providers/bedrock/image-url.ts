/**
 * Which image links the router fetches. A Worker can neither resolve nor pin a name, so what could lead into a private
 * network or back to the router is told from the address alone; `global_fetch_strictly_public` keeps the rest public.
 */

/** Endings of names that never belong to a public host: RFC 6761, RFC 8375, RFC 6762, and ICANN's `internal`. */
const PRIVATE_SUFFIXES = [
  ".internal",
  ".local",
  ".localhost",
  ".home.arpa",
  ".localdomain",
  ".lan",
  ".intranet",
];

/**
 * @param ownHost The host under which the router itself was called, without port.
 * @returns what is wrong with the link, or undefined when it may be fetched.
 */
export function imageUrlProblem(link: string, ownHost: string | undefined): string | undefined {
  if (!URL.canParse(link)) return "it is not a URL";
  const url = new URL(link);
  if (url.protocol !== "https:") return "only https: and data: URLs are fetched";
  if (url.username !== "" || url.password !== "") return "it holds credentials";
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  if (isAddress(host)) return "it names an address, not a host";
  if (!host.includes(".")) return "its host is not a public name";
  if (PRIVATE_SUFFIXES.some((suffix) => host.endsWith(suffix))) return "its host is not a public name";
  if (ownHost !== undefined && host === ownHost.toLowerCase()) return "it points back to this router";
  return undefined;
}

/** IPv4 in any notation is dotted decimal once the URL parser has read it; IPv6 stands in brackets. */
function isAddress(host: string): boolean {
  return host.startsWith("[") || /^\d+(\.\d+){3}$/.test(host);
}
