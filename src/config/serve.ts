/** The section `serve`: how clients are answered. */
import { duration, flag, oneOf, origin, size } from "./fields.ts";
import type { Section } from "./section.ts";
import type { ServeConfig } from "./types.ts";

/** An isolate has 128 MB for all its requests. */
const DEFAULT_MAX_BODY_BYTES = 8 * 2 ** 20;
const DAY_MS = 86_400_000;
const unknownModel = oneOf("route", "reject");
const sessionTtl = duration(365 * DAY_MS);

/** Reads `serve`, with defaults for what it does not set. */
export function readServe(root: Section): ServeConfig {
  const at = root.section("serve");
  return {
    showModelPrefix: at.read("show_model_prefix", flag) ?? false,
    unknownModel: at.read("unknown_model", unknownModel) ?? "route",
    corsOrigins: at.list("cors_origins", origin) ?? [],
    maxBodyBytes: at.read("max_body_bytes", size) ?? DEFAULT_MAX_BODY_BYTES,
    sessionTtlMs: at.read("session_ttl", sessionTtl) ?? 7 * DAY_MS,
  };
}
