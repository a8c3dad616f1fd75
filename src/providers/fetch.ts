/** The one place where the router calls an upstream. */
import { RouterError } from "../errors.ts";

/**
 * Sends a request. Redirects are not followed: a signed request or one with a key must not travel on to another host.
 * @param upstream How messages name the other side.
 * @throws RouterError `upstream_unreachable`; the signal's own reason when it was aborted.
 */
export async function upstreamFetch(
  request: Request,
  signal: AbortSignal,
  upstream: string,
): Promise<Response> {
  try {
    return await fetch(request, { signal, redirect: "manual" });
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    throw new RouterError(
      "upstream_unreachable",
      `${upstream} could not be reached: the connection failed or was closed before an answer came. Check the address (base_url, aws_region) and the network, then try again.`,
      { cause: thrown },
    );
  }
}
