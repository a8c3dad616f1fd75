/** What a role's credentials cost a request once they are there, against keys that sign by themselves. */
import { comparisonLine, type Row } from "./row.ts";
import { settingCost } from "./settings.ts";

const ROLE = "aws: { role_arn: 'arn:aws:iam::111122223333:role/bench', session_name: client }";

export const roles: Row = {
  name: "roles",
  rounds: 5,
  plays: [],
  async run(stage, effort) {
    const title = { what: "a role's credentials: CPU", unit: "ms/request", against: "keys" };
    const bindings = { AWS_ENDPOINT_URL_STS: `${stage.upstream.url}/sts` };
    const cost = await settingCost(stage, effort, { name: "roles", config: ROLE, bindings });
    return [comparisonLine(title, cost, { of: "difference", most: 0.1 })];
  },
};
