/** What a client is told whose key has used up a limit. */
import { RouterError } from "../../errors.ts";
import type { Amount, Verdict } from "./account-object.ts";

type Refusal = Extract<Verdict, { kind: "refused" }>;

/** @param most What was asked for. */
export function refusedError(refusal: Refusal, most: Amount): RouterError {
  const { limit } = refusal;
  if (limit === "moneyDay") return spent(refusal, most, "a day");
  if (limit === "moneyMonth") return spent(refusal, most, "a month");
  if (limit === "tokensMinute" && most.tokens > refusal.most) return tooMany(refusal, most);
  const [used, what] =
    limit === "requestsMinute" ? [refusal.used, "requests"] : [refusal.used + most.tokens, "tokens"];
  const text =
    limit === "requestsMinute"
      ? `This key may make ${refusal.most} ${what} a minute, and has made ${used}.`
      : `This key may use ${refusal.most} ${what} a minute; with what this request may use at most it would be ${used}.`;
  const seconds = Math.max(1, Math.ceil(refusal.resetMs / 1000));
  return new RouterError("rate_limit_exceeded", `${text} Try again in ${seconds} s.`, {
    retryAfter: seconds,
  });
}

function spent({ most, used, held, resetAt }: Refusal, asked: Amount, span: string): RouterError {
  const held_ = held === 0 ? "" : ` and ${dollars(held)} is held for requests under way`;
  return new RouterError(
    "insufficient_quota",
    `This key may spend ${dollars(most)} ${span}; ${dollars(used)} is spent${held_}, and this request may cost up to ${dollars(asked.cost)}. The limit begins anew at ${new Date(resetAt).toISOString()}; ask for fewer output tokens, or ask whoever runs the router.`,
  );
}

/** Waiting is of no use. */
function tooMany({ most }: Refusal, asked: Amount): RouterError {
  return new RouterError(
    "invalid_value",
    `Invalid 'max_tokens': this request may use up to ${asked.tokens} tokens, and this key may use ${most} a minute. Ask for fewer output tokens, or send less.`,
    { param: "max_tokens" },
  );
}

/** In whole cents where it is that, else to the micro-dollar. */
function dollars(micros: number): string {
  const text = (micros / 1e6).toFixed(6);
  return `$${text.endsWith("0000") ? text.slice(0, -4) : text}`;
}
