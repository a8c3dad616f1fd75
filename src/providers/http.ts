/** The one place where the router calls an upstream. */
import { RouterError } from "../errors.ts";

/** A POST request. Plain values: the runtime's own Request would be made, and copied by `fetch`, for each call. */
export interface Outbound {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>> | Headers;
  readonly body: string;
}

/**
 * Sends a request. Redirects are not followed: a signed request or one with a key must not travel on to another host.
 * @param upstream How messages name the other side.
 * @param check What to look at when it cannot be reached; asked only then.
 * @throws RouterError `upstream_unreachable`, or `config_invalid` for a redirect; the signal's own reason when it was aborted.
 */
export async function upstreamFetch(
  { url, headers, body }: Outbound,
  signal: AbortSignal,
  upstream: string,
  check: () => string,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    throw new RouterError(
      "upstream_unreachable",
      `${upstream} could not be reached: the connection failed or was closed before an answer came. Check ${check()}, and the network, then try again.`,
      { cause: thrown },
    );
  }
  if (response.status < 300 || response.status > 399) return response;
  await response.body?.cancel().catch(() => {});
  throw new RouterError(
    "config_invalid",
    `${upstream} answered with a redirect (HTTP ${response.status}), which the router does not follow: a signed request or one with a key must not travel on. Set base_url, or the binding AWS_ENDPOINT_URL_… that counts here, to the address that answers itself.`,
  );
}
