/** A new signing key. */
import { privateKey, type PublicKey } from "../../src/providers/bedrock/credentials/json-web-key.ts";

export type Algorithm = "ES256" | "RS256";

export interface NewKey {
  /** For AWS_OIDC_PRIVATE_KEY. */
  readonly secret: string;
  readonly publicKey: PublicKey;
}

/** Made here and now; nobody else knows it. */
export async function newKey(algorithm: Algorithm): Promise<NewKey> {
  const jwk = await crypto.subtle.exportKey("jwk", (await pairOf(algorithm)).privateKey);
  const { key_ops: _, ext: __, alg: ___, ...members } = jwk;
  const { publicKey } = await privateKey(JSON.stringify(members), "The new key");
  const { kid, alg, use } = publicKey;
  return { secret: JSON.stringify({ ...members, alg, use, kid }), publicKey };
}

function pairOf(algorithm: Algorithm): Promise<CryptoKeyPair> {
  if (algorithm === "ES256") {
    return crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  }
  const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048 };
  const publicExponent = new Uint8Array([1, 0, 1]);
  return crypto.subtle.generateKey({ ...rsa, publicExponent }, true, ["sign", "verify"]);
}
