/** What CloudTrail calls a session. */
import type { AwsRole } from "../../../target.ts";

/** The setting that names the calling key instead. */
export const CLIENT = "client";
const LEAST_CHARS = 2;
const MOST_CHARS = 64;
/** Where nobody calls: a check from outside, for example. */
const NOBODY = "edge-router";

/**
 * The session's name: as written, or the calling key's, in the characters that STS takes.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function sessionNameOf({ sessionName }: AwsRole, client = NOBODY): string {
  if (sessionName !== CLIENT) return sessionName;
  return client
    .replace(/[^\w+=,.@-]/g, "-")
    .slice(0, MOST_CHARS)
    .padEnd(LEAST_CHARS, "-");
}
