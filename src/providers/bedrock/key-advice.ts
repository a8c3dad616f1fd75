/** What to do where AWS does not take the credentials of a call: by where they stand, and what can be told of them. */
import type { ShownKeys } from "./credentials/index.ts";

export interface RefusedCall {
  readonly region: string;
  /** What the call was signed with; the bindings' keys unless given. */
  readonly shown?: () => ShownKeys;
}

const BOUND: ShownKeys = {
  kind: "sigv4",
  names: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  token: "AWS_SESSION_TOKEN",
};
const SET = "Set what is wrong again with `npx wrangler secret put NAME`, locally in .dev.vars.";
const LASTING = "A router that runs on better assumes an IAM role: docs/aws-roles.md";

/** AWS does not know the key, or does not take it. */
export function rejected({ region, shown }: RefusedCall): string {
  const { kind, names, token, misfit } = shown?.() ?? BOUND;
  if (kind === "role")
    return `AWS rejected the session that STS gave for ${names}. Check that the role still exists, and that its account may use ${region}.`;
  if (kind === "bearer")
    return `AWS rejected the Bedrock API key in ${names}. Check it for typing errors and that it is active; a short-term one works only in the region in which it was made, and was used in ${region}. ${SET}`;
  if (misfit === "no token")
    return `AWS rejected the credentials in ${names}: the key is a temporary one, and its session token, ${token}, is not set. ${SET}`;
  if (misfit === "token")
    return `AWS rejected the credentials in ${names}: the key is a permanent one, which must not have a session token. Remove ${token}.`;
  return `AWS rejected the credentials in ${names}. Check them for typing errors and that the key is active; temporary ones (of an IAM role) need their session token in ${token} too, permanent ones must not have one. ${SET}`;
}

/** AWS knows the key, but the signature is another. */
export function unsigned(call: RefusedCall): string {
  const { kind, names } = call.shown?.() ?? BOUND;
  if (kind !== "sigv4") return rejected(call);
  return `AWS knows the access key, but the signature does not match: check the secret key in ${names}; it was cut, or belongs to another access key. A proxy in base_url or AWS_ENDPOINT_URL_BEDROCK_RUNTIME must not change paths. ${SET}`;
}

export function expired({ shown }: RefusedCall): string {
  const { kind, names, token } = shown?.() ?? BOUND;
  if (kind === "role")
    return `AWS takes the session that STS gave for ${names} for an expired one. Try again.`;
  if (kind === "bearer")
    return `The Bedrock API key in ${names} has expired. Set a new one with \`npx wrangler secret put NAME\`, locally in .dev.vars. ${LASTING}`;
  return `The AWS credentials in ${names} have expired: temporary ones last some hours. Set new ones, with their session token in ${token}, with \`npx wrangler secret put NAME\`, locally in .dev.vars. ${LASTING}`;
}
