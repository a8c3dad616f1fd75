/** CPU of Claude's own events handed on to a client of Messages, against the same stream translated to a chat completion. */
import type { Ask } from "../support/client.ts";
import { run } from "../support/load.ts";
import { alternate, compare } from "../support/rounds.ts";
import { playName } from "../upstream/play.ts";
import { comparisonLine, type Row } from "./row.ts";

const PLAY = playName({ kind: "bedrock", events: 500, paceMs: 0 });
const ANSWERS = 40;
const PARALLEL = 4;

export const messages: Row = {
  name: "bedrock-messages",
  rounds: 7,
  plays: [PLAY],
  async run(stage, { rounds, quick }) {
    const router = await stage.router();
    const answers = quick ? ANSWERS / 4 : ANSWERS;
    const sample = async (dialect: Ask["dialect"]): Promise<number> => {
      const ask: Ask = { play: PLAY, stream: true, dialect };
      return (await run(router, { ask, answers, parallel: PARALLEL })).cpuMs / answers;
    };
    const warm = async () => {
      for (const dialect of ["chat", "messages"] as const) await sample(dialect);
    };
    const series = await alternate(
      rounds,
      () => sample("chat"),
      () => sample("messages"),
      warm,
    );
    const title = { what: "Messages re-framed, burst: CPU, 500 events", unit: "ms/stream", answer: true };
    return [
      comparisonLine(
        { ...title, against: "chat" },
        compare(series, (value) => value),
        { of: "ratio", most: 0.8 },
      ),
    ];
  },
};
