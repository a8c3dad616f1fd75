/** What it costs a request to keep its session where its cache is, against drawing a model each time. */
import { playName } from "../upstream/play.ts";
import { comparisonLine, type Row } from "./row.ts";
import { settingCost } from "./settings.ts";

const PLAYS = [5, 6].map((events) => playName({ kind: "bedrock", events, paceMs: 0 }));
/** A conversation that has begun: its session is known by how it begins. */
const CONVERSATION = [
  { role: "user", content: "Hello" },
  { role: "assistant", content: "Hello. What shall we do?" },
  { role: "user", content: "Write a haiku." },
];

export const sticky: Row = {
  name: "sticky",
  rounds: 5,
  plays: [],
  async run(stage, effort) {
    const title = { what: "sticky: session: CPU", unit: "ms/request", against: "random" };
    const cost = await settingCost(stage, effort, {
      name: "sticky",
      base: "router: { strategy: random }",
      config: "router: { strategy: random, sticky: session }",
      plays: PLAYS,
      ask: { model: "auto", messages: CONVERSATION },
    });
    return [comparisonLine(title, cost, { of: "difference", most: 0.1 })];
  },
};
