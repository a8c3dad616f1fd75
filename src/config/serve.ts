/** The section `serve`: how clients are answered. */
import { count, duration, flag, oneOf, origin, size } from "./fields.ts";
import { key, listKey } from "./keys.ts";
import type { Section } from "./section.ts";
import type { ServeConfig } from "./types.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

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
  backgroundDeadlineMs: key("background_deadline", duration(60 * MINUTE_MS), 30 * MINUTE_MS),
};

/** Reads `serve`, with defaults for what it does not set. */
export function readServe(root: Section): ServeConfig {
  return root.section("serve").all(SERVE);
}
