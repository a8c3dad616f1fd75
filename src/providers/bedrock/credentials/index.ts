/** Where a target's credentials come from. A new kind is a file and a line here. */
import type { ReadBinding } from "../../../env.ts";
import type { BedrockTarget, Target } from "../../../target.ts";
import { identityNotes, PRIVATE_KEY } from "./identity.ts";
import { keyNotes, keys, keysOf } from "./keys.ts";
import { checkAssumer, roles } from "./roles.ts";
import type { CredentialSource } from "./source.ts";

export { shownKeys } from "./keys.ts";
export type { CredentialCaller, Credentials, CredentialSource, ShownKeys } from "./source.ts";

/** The first that serves a target counts; the last serves all. */
const SOURCES: readonly CredentialSource[] = [roles, keys];

/** The source of a target's credentials. */
export function sourceOf(target: BedrockTarget): CredentialSource {
  return SOURCES.find((source) => source.serves(target)) ?? keys;
}

/**
 * Whether a target has what its calls need. Asks nobody.
 * @throws RouterError for what is missing or cannot be a credential.
 */
export function checkCredentials(target: BedrockTarget, binding: ReadBinding): void {
  if (target.role) checkAssumer(target, target.role, binding);
  else keysOf(target, binding);
}

/**
 * What whoever runs the router should know of its AWS credentials at this moment.
 * @param issuer `aws.oidc_issuer`.
 * @param now Milliseconds since the epoch.
 */
export async function credentialNotes(
  targets: readonly Target[],
  issuer: string | undefined,
  binding: ReadBinding,
  now: number,
): Promise<string[]> {
  const models = targets.filter((target) => target.kind === "bedrock");
  const unheeded = models
    .filter(
      ({ role }) => role?.identity && role.externalId !== undefined && binding(PRIVATE_KEY) !== undefined,
    )
    .map(({ name }) => name);
  return [
    ...keyNotes(models, binding, now),
    ...(await identityNotes(issuer, binding)),
    ...(unheeded.length === 0
      ? []
      : [
          `aws_external_id of ${unheeded.join(", ")} has no effect: the router assumes the role as its own identity provider, for which AWS knows no external id.`,
        ]),
  ];
}
