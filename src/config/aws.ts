/** The section `aws`: what counts for every model on Bedrock that does not say otherwise, and whom the router is to AWS. */
import { type AwsDefaults, readRole, SHARED_ROLE, SHARED_TAGS } from "./aws-role.ts";
import { readRegions, region } from "./bedrock-target.ts";
import type { Expand } from "./expand.ts";
import { type Field, matching } from "./fields.ts";
import { key, listKey } from "./keys.ts";
import type { Section } from "./section.ts";

/** The name in wrangler.toml. */
const WORKER = "openclaw-edge-router";

const issuer: Field<string> = {
  schema: matching(/^\s*(?:https:\/\/[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)+\s*)?$/),
  wanted: "https:// and a host name in lower case, such as https://router.example.com, without port and path",
};
const subject: Field<string> = {
  schema: matching(/^\s*(?:[\x21-\x7e]{1,255}\s*)?$/),
  wanted: "at most 255 printable ASCII characters without spaces",
};

export const SHARED_REGIONS = listKey("region", region);
export const IDENTITY = {
  issuer: key("oidc_issuer", issuer),
  subject: key("oidc_subject", subject, WORKER),
};

/** Reads the section. */
export function readAws(root: Section, expand: Expand): AwsDefaults {
  const at = root.section("aws");
  const regions = readRegions(at, SHARED_REGIONS, expand);
  const role = readRole(at, SHARED_ROLE, SHARED_TAGS, expand);
  const { issuer: host, subject: name } = at.all(IDENTITY);
  if (host === undefined) return { regions, role };
  return { regions, role, identity: { issuer: host.trim(), subject: name.trim() } };
}
