/** CPU of a Bedrock stream to a client of Responses, against the same stream to a client of chat completions. */
import { alternate, compare } from "../support/rounds.ts";
import { playName } from "../upstream/play.ts";
import { comparisonLine, type Row } from "./row.ts";
import { cpuOf } from "./streams.ts";

const BURST = { kind: "bedrock", paceMs: 0 } as const;
const BATCH = { events: 500, answers: 40, parallel: 4 };
const AGAINST = "chat";

export const responses: Row = {
  name: "responses",
  rounds: 5,
  plays: [playName({ ...BURST, events: BATCH.events })],
  async run(stage, { rounds, quick }) {
    const router = await stage.router();
    const chat = () => cpuOf(router, BURST, BATCH, quick);
    const ours = () => cpuOf(router, { ...BURST, dialect: "responses" }, BATCH, quick);
    const series = await alternate(rounds, chat, ours, async () => {
      for (const one of [chat, ours]) await one();
    });
    const what = (part: string) => `Responses, burst of ${BATCH.events} events: ${part}`;
    return [
      comparisonLine(
        { what: what("CPU"), unit: "ms/stream", against: AGAINST, answer: true },
        compare(series, ({ stream }) => stream),
      ),
      comparisonLine(
        { what: what("through one process"), unit: "events/s", against: AGAINST },
        compare(series, ({ rate }) => rate),
      ),
    ];
  },
};
