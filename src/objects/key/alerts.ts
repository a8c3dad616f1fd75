/** Tells `serve.webhook` when a key has spent 80 % and all of what it may. */
import type { LedgerSettings } from "../../chat/ledger-line.ts";
import type { CountedLimits, KeyUsage, Verdict } from "./account-object.ts";

/** Where it is kept what was told: by limit, of which span of time, and at how many percent. */
const ALERTED = "alerted";
const PERCENTS = [100, 80];
const TRIES = 3;
const PAUSE_MS = 1000;
const ANSWER_MS = 5000;

export interface Alerts {
  /** Learns what the limits are, and whether one of them has refused something. */
  reserved(limits: CountedLimits, verdict: Verdict): void;
  settled(usage: () => KeyUsage): void;
}

/** Sums of money alone: what is limited a minute is told in headers. */
const SPANS = { moneyDay: "day", moneyMonth: "month" } as const;
const NAMES = { moneyDay: "money_day", moneyMonth: "money_month" } as const;
type Limit = keyof typeof SPANS;
type Alerted = Partial<Record<Limit, { readonly span: string; readonly percent: number }>>;

/** @param settings As they stand; nothing is told, or noted, without a webhook. */
export function keyAlerts(state: DurableObjectState, settings: () => LedgerSettings | undefined): Alerts {
  let limits: CountedLimits = {};
  const alert = (limit: Limit, spent: number, most: number, refused: boolean) => {
    const { webhook, key } = settings() ?? {};
    if (webhook === undefined || most === 0) return;
    const share = (100 * spent) / most;
    // What asks for more than is left of the last fifth has come to the end of it.
    const reached = PERCENTS.find((percent) => share >= percent || (refused && share >= 80));
    if (reached === undefined) return;
    const span = new Date().toISOString().slice(0, limit === "moneyDay" ? 10 : 7);
    const alerted = state.storage.kv.get<Alerted>(ALERTED) ?? {};
    const last = alerted[limit];
    if (last?.span === span && last.percent >= reached) return;
    // Before it is told: rather once too few than again and again.
    state.storage.kv.put(ALERTED, { ...alerted, [limit]: { span, percent: reached } });
    const told = { type: "limit", key, limit: NAMES[limit], percent: reached, window: span };
    state.waitUntil(tell(webhook, { ...told, spent_micros: spent, limit_micros: most }));
  };
  return {
    reserved(now, verdict) {
      limits = now;
      if (verdict.kind === "granted") return;
      const { limit, used, most } = verdict;
      if (limit === "moneyDay" || limit === "moneyMonth") alert(limit, used, most, true);
    },
    settled(usageNow) {
      if (settings()?.webhook === undefined) return;
      const usage = usageNow();
      for (const limit of ["moneyDay", "moneyMonth"] as const) {
        const most = limits[limit];
        if (most !== undefined) alert(limit, usage[SPANS[limit]].cost, most, false);
      }
    },
  };
}

/** Never rejects. What is answered is not read. */
async function tell(webhook: string, alert: object): Promise<void> {
  for (let left = TRIES - 1; ; left--) {
    try {
      const { status, body } = await fetch(webhook, {
        ...{ method: "POST", redirect: "manual", body: JSON.stringify(alert) },
        headers: { "content-type": "application/json" },
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      await body?.cancel();
      if (status < 500) return;
    } catch {
      // The address may hold a secret, and the error the address.
    }
    if (left === 0) return console.error(JSON.stringify({ code: "webhook_untold", ...alert }));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
