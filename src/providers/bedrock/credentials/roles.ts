/** Credentials of an IAM role, assumed with keys or with the router's own identity. */
import type { ReadBinding } from "../../../env.ts";
import type { AwsRole, BedrockTarget } from "../../../target.ts";
import { RouterError } from "../../../errors.ts";
import { identityToken, PRIVATE_KEY } from "./identity.ts";
import { type AssumingKeys, assumingKeys, hasOwnKeys } from "./keys.ts";
import { sessionNameOf } from "./session-name.ts";
import { type Ask, credentialSets } from "./sets.ts";
import type { CredentialCaller, CredentialSource } from "./source.ts";
import { assumeRole, type Proof } from "./sts.ts";
import type { StsPlace } from "./sts-errors.ts";

/** Plain values for all requests of the isolate. */
const SETS = credentialSets(() => Date.now(), Math.random);

/** Who assumes a role. */
type Assumer =
  | ({ readonly kind: "keys" } & AssumingKeys)
  | { readonly kind: "router"; readonly privateKey: string; readonly identity: Identity };
type Identity = NonNullable<AwsRole["identity"]>;

export const roles: CredentialSource = {
  serves: ({ role }) => role !== undefined,
  find(target, caller) {
    const { id, ask } = session(target, caller);
    return SETS.find(id, ask, caller);
  },
  drop(target, caller, expired) {
    if (expired.kind !== "sigv4") return false;
    SETS.drop(session(target, caller).id, expired);
    return true;
  },
};

/** @throws RouterError where nobody is there to assume the role. */
function session(
  target: BedrockTarget,
  caller: CredentialCaller,
): { readonly id: string; readonly ask: Ask } {
  const { role } = target;
  if (role === undefined) throw new TypeError("no role");
  const assumer = assumerOf(target, role, caller.binding);
  const { arn, externalId, seconds, tags } = role;
  const sessionName = sessionNameOf(role, caller.client);
  const id = JSON.stringify([arn, externalId, sessionName, seconds, tags, assumer]);
  const asked = { arn, sessionName, seconds, tags, ...(externalId !== undefined && { externalId }) };
  return {
    id,
    async ask(signal) {
      const proof = await proofOf(assumer, tags);
      return assumeRole(asked, proof, { ...caller, signal }, placeOf(target, assumer, caller));
    },
  };
}

async function proofOf(assumer: Assumer, tags: AwsRole["tags"]): Promise<Proof> {
  if (assumer.kind === "keys") return { kind: "keys", keys: assumer.keys };
  const { privateKey, identity } = assumer;
  return { kind: "token", token: await identityToken(privateKey, { ...identity, tags }, Date.now()) };
}

function placeOf({ name }: BedrockTarget, assumer: Assumer, { region }: CredentialCaller): StsPlace {
  return { name, region, shown: assumer.kind === "keys" ? assumer.names : assumer.identity };
}

/** The model's own keys, else the router's identity, else the bindings' keys. */
function assumerOf(target: BedrockTarget, { identity }: AwsRole, binding: ReadBinding): Assumer {
  const privateKey = hasOwnKeys(target) ? undefined : binding(PRIVATE_KEY);
  if (identity && privateKey !== undefined) return { kind: "router", privateKey, identity };
  const found = assumingKeys(target, binding);
  if (found) return { kind: "keys", ...found };
  const half = privateKey === undefined ? "" : `${PRIVATE_KEY} is set, but aws.oidc_issuer is not written. `;
  throw new RouterError(
    "aws_credentials_missing",
    `Nobody assumes the role of the Bedrock model '${target.name}'. ${half}Either set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of an identity that may assume it (a Bedrock API key assumes no role), or let the router be its own identity provider, with ${PRIVATE_KEY} and aws.oidc_issuer: \`npm run aws:oidc\` makes and prints what that needs.`,
  );
}

/**
 * Whether there is somebody to assume the target's role. Asks nobody.
 * @throws RouterError as {@link roles} would.
 */
export function checkAssumer(target: BedrockTarget, role: AwsRole, binding: ReadBinding): void {
  assumerOf(target, role, binding);
}
