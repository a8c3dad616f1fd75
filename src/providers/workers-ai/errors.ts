/** What Workers AI throws, as the router's errors. https://developers.cloudflare.com/workers-ai/platform/errors/ */
import { type ErrorCode, RouterError } from "../../errors.ts";
import type { Target } from "../../target.ts";

/** By the code that begins the message; the rest is taken for a failure that may pass. */
const CODES: ReadonlyMap<string, readonly [code: ErrorCode, advice: string]> = new Map([
  ...["5007", "3042", "5018", "3041", "5016", "3023"].map((code): [string, [ErrorCode, string]] => [
    code,
    ["config_invalid", "Check the model's id, and that the account may use it."],
  ]),
  ["3006", ["upstream_invalid_request", "Send fewer or shorter texts."]],
  ["5004", ["upstream_invalid_request", "Change the input."]],
  ["5006", ["upstream_invalid_request", "Change the input."]],
  ["3007", ["upstream_timeout", "Try again."]],
  ["3008", ["upstream_timeout", "Try again."]],
  ["3036", ["rate_limit_exceeded", "The account's free allocation is used up for today."]],
  ["3040", ["rate_limit_exceeded", "It is out of capacity. Try again."]],
]);

/** An abort's own reason stays what it is. */
export function workersAiError(thrown: unknown, { name }: Target, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (thrown instanceof RouterError) return thrown;
  const says = thrown instanceof Error ? thrown.message : "";
  const [code, advice] = CODES.get(/\b(\d{4})\b/.exec(says)?.[1] ?? "") ?? ["upstream_error", "Try again."];
  const param = code === "upstream_invalid_request" ? { param: "input" } : {};
  return new RouterError(code, `Workers AI failed for '${name}'. ${advice} It says: ${says.slice(0, 500)}`, {
    ...param,
    cause: thrown,
  });
}

/** @throws RouterError `binding_missing` */
export function missingBinding(name: string): RouterError {
  return new RouterError(
    "binding_missing",
    `The model '${name}' is called by the binding of Workers AI. Add to wrangler.toml:\n[ai]\nbinding = "AI"`,
  );
}
