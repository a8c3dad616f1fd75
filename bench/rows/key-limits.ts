/** What a key with limits costs a request, Worker and object together, against one without. */
import { comparisonLine, type Row } from "./row.ts";
import { settingCost } from "./settings.ts";

/** More than the bench will spend. */
const LIMITS = 'keys: { "*": { money_month: 1000000, requests_minute: 1000000 } }';

export const keyLimits: Row = {
  name: "key-limits",
  rounds: 5,
  plays: [],
  async run(stage, effort) {
    const title = { what: "a key with limits: CPU", unit: "ms/request", against: "one without" };
    const cost = await settingCost(stage, effort, { name: "key-limits", config: LIMITS });
    return [comparisonLine(title, cost, { of: "difference", most: 0.15 })];
  },
};
