/** Signs a call and sends it. */
import type { CallContext } from "../../contracts.ts";
import type { ReadBinding } from "../../env.ts";
import type { BedrockTarget } from "../../target.ts";
import { upstreamFetch } from "../http.ts";
import { readLimited } from "../limited.ts";
import { type CredentialCaller, type Credentials, shownKeys, sourceOf } from "./credentials/index.ts";
import type { CallPlace } from "./exceptions.ts";
import { type Outgoing, signedRequest } from "./sign.ts";
import { MODEL_REGIONS, otherRegions } from "./regions.ts";

/** A refusal is a sentence. */
const MAX_REFUSAL_BYTES = 65_536;
const EXPIRED = /ExpiredToken|security token included in the request is expired/;

/** A call to a target, as messages about it tell. */
export function callPlace(target: BedrockTarget, region: string, binding: ReadBinding): CallPlace {
  const { name, model } = target;
  return { name, model, region, shown: () => shownKeys(target, binding) };
}

/**
 * Temporary credentials that AWS takes for expired are fetched anew, once.
 * @returns The answer, whatever its status.
 * @throws RouterError where credentials are missing or not given, or nobody can be reached.
 */
export async function send(
  target: BedrockTarget,
  place: CallPlace,
  outgoing: Outgoing,
  { binding, abort, client, background }: CallContext,
): Promise<Response> {
  const { signal } = abort;
  const caller: CredentialCaller = { binding, region: place.region, signal, client, background };
  const source = sourceOf(target);
  const attempt = async (credentials: Credentials) => {
    const request = await signedRequest(outgoing, credentials, place.region);
    return upstreamFetch(request, signal, `Bedrock in ${place.region}`, () => whereToLook(place));
  };
  const credentials = await source.find(target, caller);
  const response = await attempt(credentials);
  if (!source.drop || ![401, 403].includes(response.status)) return response;
  const text = await readLimited(response, MAX_REFUSAL_BYTES);
  const isExpired = EXPIRED.test(response.headers.get("x-amzn-errortype") ?? "") || EXPIRED.test(text);
  if (!isExpired || !source.drop(target, caller, credentials)) return new Response(text, response);
  return attempt(await source.find(target, caller));
}

/** A region that does not exist has no host, or Bedrock has none there. */
function whereToLook({ name, region }: CallPlace): string {
  return `that llms.${name}.aws_region is a region with Bedrock, for example ${otherRegions(region)} (${MODEL_REGIONS}), and base_url, AWS_ENDPOINT_URL_BEDROCK_RUNTIME or AWS_ENDPOINT_URL_BEDROCK_MANTLE where they are set`;
}
