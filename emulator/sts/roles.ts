/** The roles of the emulated account, and what a call has to say to get one. */
import { invalid, StsError } from "./errors.ts";

const ACCOUNT = "111122223333";
const HOUR_SECONDS = 3600;

interface Role {
  readonly maxSeconds: number;
  /** What the trust policy's `sts:ExternalId` wants. */
  readonly externalId?: string;
  /** Whether the trust policy allows `sts:TagSession`. */
  readonly tags: boolean;
}

const ROLES: Readonly<Record<string, Role>> = {
  "edge-router": { maxSeconds: 12 * HOUR_SECONDS, tags: true },
  partner: { maxSeconds: HOUR_SECONDS, tags: true, externalId: "emulator-external-id" },
  short: { maxSeconds: HOUR_SECONDS, tags: false },
};

/** What a call asks for. */
export interface RoleCall {
  readonly roleArn: string;
  readonly name: string;
  readonly seconds: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly externalId: string | undefined;
}

/** Reads a call's parameters. Throws a ValidationError as the service model (2011-06-15) has it. */
export function readCall(form: URLSearchParams): RoleCall {
  const roleArn = form.get("RoleArn") ?? "";
  const name = form.get("RoleSessionName") ?? "";
  const seconds = Number(form.get("DurationSeconds") ?? HOUR_SECONDS);
  if (roleArn.length < 20) throw invalid("roleArn", roleArn, "have length greater than or equal to 20");
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\//.test(roleArn)) {
    throw new StsError("ValidationError", `${roleArn} is invalid`);
  }
  if (!/^[\w+=,.@-]{2,64}$/.test(name)) {
    throw invalid("roleSessionName", name, "satisfy regular expression pattern: [\\w+=,.@-]*");
  }
  if (!Number.isInteger(seconds)) throw new StsError("MalformedInput", "DurationSeconds is no integer");
  if (seconds < 900) {
    throw invalid("durationSeconds", String(seconds), "have value greater than or equal to 900");
  }
  if (seconds > 43_200) {
    throw invalid("durationSeconds", String(seconds), "have value less than or equal to 43200");
  }
  return { roleArn, name, seconds, tags: readTags(form), externalId: form.get("ExternalId") ?? undefined };
}

function readTags(form: URLSearchParams): Record<string, string> {
  const tags: Record<string, string> = {};
  for (let index = 1; form.has(`Tags.member.${index}.Key`); index++) {
    const key = form.get(`Tags.member.${index}.Key`) ?? "";
    checkTag(key, form.get(`Tags.member.${index}.Value`) ?? "", tags);
    tags[key] = form.get(`Tags.member.${index}.Value`) ?? "";
  }
  return tags;
}

/** Throws for a tag that STS refuses, beside those that came before it. */
export function checkTag(key: string, value: string, before: Readonly<Record<string, string>>): void {
  const pattern = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]";
  if (!new RegExp(`^${pattern}{1,128}$`, "u").test(key))
    throw invalid("tags.1.member.key", key, `satisfy regular expression pattern: ${pattern}+`);
  if (!new RegExp(`^${pattern}{0,256}$`, "u").test(value))
    throw invalid("tags.1.member.value", value, `satisfy regular expression pattern: ${pattern}*`);
  if (key.toLowerCase().startsWith("aws:")) {
    throw new StsError("InvalidParameterValue", "The tag keys in the request are reserved for AWS use.");
  }
  const names = Object.keys(before).map((name) => name.toLowerCase());
  if (names.length >= 50) throw invalid("tags", "[…]", "have length less than or equal to 50");
  if (names.includes(key.toLowerCase())) {
    throw new StsError(
      "InvalidParameterValue",
      "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    );
  }
}

/** Who asks. */
export interface Caller {
  readonly name: string;
  /** A role's session itself. */
  readonly chained: boolean;
  /** See sessions.ts. */
  readonly anyRole: boolean;
}

/**
 * Throws where the role's trust policy, or its settings, say no.
 */
export function checkTrust(call: RoleCall, action: string, { name: who, chained, anyRole }: Caller): void {
  const [, name = ""] = new RegExp(`^arn:aws:iam::${ACCOUNT}:role/(.+)$`).exec(call.roleArn) ?? [];
  const role = Object.hasOwn(ROLES, name) ? ROLES[name] : undefined;
  const denied = (what: string) =>
    new StsError(
      "AccessDenied",
      `User: ${who} is not authorized to perform: sts:${what} on resource: ${call.roleArn}`,
      403,
    );
  if (!role) {
    if (anyRole) return;
    throw denied(action);
  }
  if (role.externalId !== undefined && call.externalId !== role.externalId) throw denied(action);
  if (Object.keys(call.tags).length > 0 && !role.tags) throw denied("TagSession");
  if (chained && call.seconds > HOUR_SECONDS) {
    throw new StsError(
      "ValidationError",
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    );
  }
  if (call.seconds > role.maxSeconds) {
    throw new StsError(
      "ValidationError",
      "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
  }
}
