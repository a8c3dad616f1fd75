/** The section `serve`: how clients are answered. */
import { type Expand, unsetHint } from "./expand.ts";
import { count, duration, type Field, flag, oneOf, origin, size, text } from "./fields.ts";
import { key, listKey } from "./keys.ts";
import { isWebhook } from "./reference.ts";
import type { Section } from "./section.ts";
import type { ServeConfig } from "./types.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** It may hold a secret. */
const webhook: Field<string> = {
  ...text,
  wanted: "an https URL such as https://hooks.example.com/alerts",
  hidden: true,
  reference: "expanded",
};

const WEBHOOK = key("webhook", webhook);

export const SERVE = {
  showModelPrefix: key("show_model_prefix", flag, false),
  unknownModel: key("unknown_model", oneOf("route", "reject"), "route"),
  corsOrigins: listKey("cors_origins", origin, []),
  // An isolate has 128 MB for all its requests.
  maxBodyBytes: key("max_body_bytes", size, 8 * 2 ** 20),
  // Workers may make 10,000 calls for one request, those of the free plan 50.
  maxSubrequests: key("max_subrequests", count(1, 1_000_000), 10_000),
  sessionTtlMs: key("session_ttl", duration(365 * DAY_MS), 7 * DAY_MS),
  responseTtlMs: key("response_ttl", duration(365 * DAY_MS, 0), 7 * DAY_MS),
  limitsUnavailable: key("limits_unavailable", oneOf("refuse", "allow"), "refuse"),
  ledger: key("ledger", oneOf("lines", "totals", "off"), "lines"),
  ledgerDays: key("ledger_days", count(1, 3650), 400),
  ledgerSessions: key("ledger_sessions", oneOf("hashed", "named"), "hashed"),
  webhook: WEBHOOK,
  backgroundDeadlineMs: key("background_deadline", duration(60 * MINUTE_MS), 30 * MINUTE_MS),
};

/** Reads `serve`, with defaults for what it does not set. */
export function readServe(root: Section, expand: Expand): ServeConfig {
  const section = root.section("serve");
  const { webhook: written = "", ...serve } = section.all(SERVE);
  const { value, unset } = expand(written, "webhook");
  if (value === "") {
    if (unset.length > 0) section.warn(WEBHOOK.name, `has no effect${unsetHint(unset)}`);
    return serve;
  }
  if (unset.length === 0 && isWebhook(value)) {
    return { ...serve, webhook: value };
  }
  section.problem(WEBHOOK.name, `the URL${unsetHint(unset)} is not valid; wanted ${webhook.wanted}`);
  return serve;
}
