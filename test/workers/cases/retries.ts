/** Waiting, and saying so. */
import { expect } from "vitest";
import { refusal } from "../../support/upstream.ts";
import { quietLog } from "../support.ts";
import { askModel, at, type Case, HI } from "./case.ts";

const RETRY_AT_ONCE = "router: {retry: {attempts: 1, base_ms: 0, max_ms: 0}}\n";

export const RETRIES = {
  async "daily-quota"(read: Case) {
    quietLog();
    const spent = refusal(
      429,
      "ThrottlingException",
      "Too many tokens per day, please wait before trying again.",
    );
    const options = { replies: [spent, HI], config: RETRY_AT_ONCE };
    const { status, calls, answer, headers } = await askModel(read, "s45", read.request, options);
    // The design: the account's quota is the operator's to raise, so it is no 429 for the client to sit out.
    expect([status, calls.length]).toEqual([500, 1]);
    expect(at(answer, "error", "message")).toMatch(/day/);
    expect(headers.get("x-should-retry")).toBe("false");
    expect(headers.get("retry-after")).toBeNull();
  },

  async "retry-after-429"(read: Case) {
    quietLog();
    const wait = refusal(429, "ThrottlingException", "Too many requests", { "retry-after": "20" });
    const { status, calls, headers } = await askModel(read, "s45", read.request, { replies: [wait, HI] });
    expect([status, calls.length]).toEqual([429, 1]);
    expect(headers.get("retry-after")).toBe("20");
    expect(headers.get("x-should-retry")).toBe("true");
  },
};
