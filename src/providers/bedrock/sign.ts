/** Signs Bedrock requests: SigV4, or a Bedrock API key as a bearer token. */
import { RouterError } from "../../errors.ts";
import type { Outbound } from "../http.ts";
import type { Credentials } from "./credentials/index.ts";
import { signedOutbound } from "./sigv4.ts";

/** What a POST request says, before it is signed. */
export interface Outgoing {
  /** The model id in it percent-encoded, see operationUrl. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** SigV4's name of the service; of Bedrock Runtime unless given. */
  readonly service?: "bedrock" | "bedrock-mantle";
  /** Where a Bedrock API key goes in place of `authorization`. */
  readonly keyHeader?: "x-api-key";
}

/**
 * A POST request that AWS accepts.
 * @param datetime The signing time as `YYYYMMDDTHHMMSSZ`; now when absent.
 * @throws RouterError `config_invalid` for a header value beyond ASCII.
 */
export async function signedRequest(
  { url, headers, body, service = "bedrock", keyHeader }: Outgoing,
  credentials: Credentials,
  region: string,
  datetime?: string,
): Promise<Outbound> {
  checkHeaders(headers);
  if (credentials.kind === "bearer") {
    const { token } = credentials;
    const key = keyHeader === undefined ? { authorization: `Bearer ${token}` } : { [keyHeader]: token };
    return { url, headers: { ...headers, ...key }, body };
  }
  return signedOutbound({ url, headers, body }, credentials, { service, region, datetime });
}

/**
 * Beyond ASCII it is open which bytes travel: the signature is over UTF-8, and its rule for white space knows the space
 * alone.
 */
function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (/^[\t\x20-\x7e]*$/.test(value)) continue;
    throw new RouterError(
      "config_invalid",
      `The value for the request header ${name} holds a character that is not printable ASCII. Correct the key of the model that it comes from, for example guardrail.`,
    );
  }
}
