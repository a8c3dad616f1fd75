/** Signs Bedrock requests: SigV4 through aws4fetch, or a Bedrock API key as a bearer token. */
import { AwsClient } from "aws4fetch";
import { RouterError } from "../../errors.ts";
import type { Credentials } from "./credentials/index.ts";

/** What a POST request says, before it is signed. */
export interface Outgoing {
  /** The model id in it percent-encoded, see operationUrl. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** SigV4's name of the service; of Bedrock Runtime unless given. aws4fetch would guess `bedrock-runtime` from the host. */
  readonly service?: "bedrock" | "bedrock-mantle";
  /** Where a Bedrock API key goes in place of `authorization`. */
  readonly keyHeader?: "x-api-key";
}

/**
 * One client per credential, service and region, kept for the isolate: it caches the derived signing key, which saves four of
 * five HMACs a request. Plain data, so sharing it between requests is safe.
 */
const clients = new Map<string, AwsClient>();
const MAX_CLIENTS = 256;

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
): Promise<Request> {
  checkHeaders(headers);
  if (credentials.kind === "bearer") {
    return new Request(url, {
      method: "POST",
      headers: {
        ...headers,
        ...(keyHeader === undefined
          ? { authorization: `Bearer ${credentials.token}` }
          : { [keyHeader]: credentials.token }),
      },
      body,
    });
  }
  return clientFor(credentials, service, region).sign(url, {
    method: "POST",
    headers: { ...headers },
    body,
    ...(datetime !== undefined && { aws: { datetime } }),
  });
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

function clientFor(
  credentials: Extract<Credentials, { kind: "sigv4" }>,
  service: string,
  region: string,
): AwsClient {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const key = JSON.stringify([accessKeyId, secretAccessKey, sessionToken, service, region]);
  const known = clients.get(key);
  if (known) return known;
  // Rotating session tokens would otherwise pile up for as long as the isolate lives.
  if (clients.size >= MAX_CLIENTS) clients.clear();
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
    service,
    region,
    retries: 0,
  });
  clients.set(key, client);
  return client;
}
