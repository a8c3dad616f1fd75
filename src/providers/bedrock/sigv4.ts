/** Signature Version 4 through aws4fetch, for Bedrock and for STS. */
import { AwsV4Signer } from "aws4fetch";
import type { Outbound } from "../http.ts";
import type { SigningKeys } from "./credentials/source.ts";

/** What a signature is for. */
export interface SigningScope {
  /** aws4fetch would guess `bedrock-runtime` from the host. */
  readonly service: string;
  readonly region: string;
  /** The signing time as `YYYYMMDDTHHMMSSZ`; now when absent. */
  readonly datetime?: string | undefined;
}

/** What the signer keeps of a set of credentials: the key that is derived for a day, a region and a service. */
type DerivedKeys = Map<string, ArrayBuffer>;

/** Kept for the isolate, since it saves four of five HMACs a request. Plain data, so sharing it between requests is safe. */
const derived = new Map<string, DerivedKeys>();
const MOST_SETS = 256;

/** A POST request with a SigV4 signature. */
export async function signedOutbound(
  { url, headers, body }: Outbound,
  { accessKeyId, secretAccessKey, sessionToken }: SigningKeys,
  { service, region, datetime }: SigningScope,
): Promise<Outbound> {
  const signer = new AwsV4Signer({
    ...{ method: "POST", url, headers, body, accessKeyId, secretAccessKey, service, region },
    ...(sessionToken !== undefined && { sessionToken }),
    ...(datetime !== undefined && { datetime }),
    cache: derivedKeys(JSON.stringify([accessKeyId, secretAccessKey, sessionToken])),
  });
  const signed = await signer.sign();
  return { url: signed.url.href, headers: signed.headers, body };
}

function derivedKeys(credentials: string): DerivedKeys {
  const known = derived.get(credentials);
  if (known) return known;
  // Rotating session tokens would otherwise pile up for as long as the isolate lives.
  if (derived.size >= MOST_SETS) derived.clear();
  const keys: DerivedKeys = new Map();
  derived.set(credentials, keys);
  return keys;
}
