/** An IAM role: at a model, or for all models on Bedrock under `aws`. */
import type { AwsRole } from "../target.ts";
import { type Expand, unsetHint } from "./expand.ts";
import { duration, type Field, matching, secret, text, textOrNumber } from "./fields.ts";
import { type Key, key, namesOf } from "./keys.ts";
import { EXTERNAL_ID, ROLE_ARN } from "./reference.ts";
import { show } from "./report.ts";
import { readSecret } from "./secrets.ts";
import type { Section } from "./section.ts";

const HOUR_MS = 3_600_000;
const LEAST_MS = HOUR_MS / 4;
const MOST_MS = 12 * HOUR_MS;
const DEFAULT_SESSION = "edge-router";
const MAX_TAGS = 50;
const TAG_KEY = /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+@-]{1,128}$/u;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+@-]{0,256}$/u;

const roleArn: Field<string> = {
  ...text,
  wanted: "the ARN of an IAM role, such as arn:aws:iam::111122223333:role/edge-router",
  reference: "expanded",
};
const sessionName: Field<string> = {
  schema: matching(/^\s*(?:[\w+=,.@-]{2,64}\s*)?$/),
  wanted: "2 to 64 letters, digits or _+=,.@-; client stands for the calling key's name",
};
const sessionDuration: Field<number> = duration(MOST_MS, LEAST_MS);
/** A value of the mapping of tags. */
export const TAG: Field<string> = textOrNumber;

/** The keys, named as at a model (`aws_role_arn`) or as under `aws` (`role_arn`). */
function roleKeys<const P extends string>(prefix: P) {
  return {
    arn: key(`${prefix}role_arn`, roleArn),
    externalId: key(`${prefix}external_id`, secret),
    sessionName: key(`${prefix}session_name`, sessionName),
    duration: key(`${prefix}session_duration`, sessionDuration),
  };
}

export const MODEL_ROLE = roleKeys("aws_");
export const SHARED_ROLE = roleKeys("");
/** The mapping of session tags. */
export const MODEL_TAGS = "aws_session_tags";
export const SHARED_TAGS = "session_tags";
/** All keys of a role at a model. */
export const MODEL_ROLE_KEYS = [...namesOf(MODEL_ROLE), MODEL_TAGS];

/** What is written of a role in one place. */
export interface WrittenRole {
  readonly arn?: string;
  readonly externalId?: string;
  readonly sessionName?: string;
  readonly seconds?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** What the section `aws` says of every model on Bedrock. */
export interface AwsDefaults {
  readonly regions: readonly string[];
  readonly role: WrittenRole;
  readonly identity?: NonNullable<AwsRole["identity"]>;
}

/** Reads what a place says of a role; after a problem it is only good for finding more of them. */
export function readRole(
  at: Section,
  keys: ReturnType<typeof roleKeys>,
  tagsKey: string,
  expand: Expand,
): WrittenRole {
  const arn = readArn(at, keys.arn, expand);
  const externalId = readExternalId(at, keys.externalId, expand);
  const name = at.get(keys.sessionName)?.trim();
  const ms = at.get(keys.duration);
  const tags = readTags(at, tagsKey);
  return {
    ...(arn !== undefined && { arn }),
    ...(externalId !== undefined && { externalId }),
    ...(name !== undefined && { sessionName: name }),
    ...(ms !== undefined && { seconds: Math.floor(ms / 1000) }),
    ...(tags !== undefined && { tags }),
  };
}

/**
 * The role of a model, with the defaults for what it does not say; undefined without one. The default role is not for models
 * that have credentials of their own.
 */
export function roleOf(own: WrittenRole, hasKeys: boolean, defaults: AwsDefaults): AwsRole | undefined {
  const { arn, ...shared } = defaults.role;
  const { seconds, ...role } = { ...shared, ...own };
  const assumed = own.arn ?? (hasKeys ? undefined : arn);
  if (assumed === undefined) return undefined;
  return {
    ...{ sessionName: DEFAULT_SESSION, tags: {}, ...role, arn: assumed },
    seconds: seconds ?? HOUR_MS / 1000,
    ...(defaults.identity && !hasKeys && { identity: defaults.identity }),
  };
}

function readArn(at: Section, { name, field }: Key<string>, expand: Expand): string | undefined {
  const written = at.read(name, field)?.trim();
  if (written === undefined) return undefined;
  const { value, names, unset } = expand(written, "role");
  if (value === "") return undefined;
  if (unset.length === 0 && ROLE_ARN.test(value)) return value;
  const shown = names.length > 0 ? `the value of ${names.join(", ")}` : show(written);
  const why = unset.length > 0 ? `lacks a part${unsetHint(unset)}` : "is not the ARN of a role";
  at.problem(name, `${shown} ${why}; wanted ${field.wanted}`);
  return undefined;
}

function readExternalId(at: Section, key: Key<string>, expand: Expand): string | undefined {
  const { value } = readSecret(at, key, expand, "external-id");
  if (value === undefined || EXTERNAL_ID.test(value)) return value;
  at.problem(key.name, "is not valid; wanted 2 to 1224 letters, digits or _+=,.@:/- without spaces");
  return undefined;
}

function readTags(at: Section, name: string): Record<string, string> | undefined {
  const section = at.section(name);
  if (!at.isMapping(name)) return undefined;
  const tags: Record<string, string> = {};
  for (const tag of section.keys()) {
    const value = section.read(tag, TAG);
    if (value === undefined) continue;
    if (!TAG_KEY.test(tag) || !TAG_VALUE.test(value)) {
      section.problem(
        tag,
        "the tag is not valid; wanted a key of 1 to 128 and a value of at most 256 letters, digits, spaces or _.:/=+-@, the key not beginning with aws:",
      );
    } else if (tag !== "__proto__") tags[tag] = value;
  }
  if (Object.keys(tags).length > MAX_TAGS) at.problem(name, `more than ${MAX_TAGS} tags; AWS takes no more`);
  return tags;
}
