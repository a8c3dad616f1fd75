/** CPU of Claude's own events handed on to a client of Messages, against the same stream translated to a chat completion. */
import type { Ask } from "../support/client.ts";
import { run } from "../support/load.ts";
import { alternate, compare } from "../support/rounds.ts";
import { playName } from "../upstream/play.ts";
import { comparisonLine, type Line, type Row } from "./row.ts";

/** The most CPU relative to chat, by pace. */
const PACES = [
  { paceMs: 0, pace: "burst", answers: 40, parallel: 4, most: 0.8 },
  { paceMs: 1, pace: "1 ms", answers: 16, parallel: 8, most: 1 },
].map((pace) => ({ ...pace, play: playName({ kind: "bedrock", events: 500, paceMs: pace.paceMs }) }));

export const messages: Row = {
  name: "bedrock-messages",
  rounds: 5,
  plays: PACES.map(({ play }) => play),
  async run(stage, { rounds, quick }) {
    const router = await stage.router();
    const lines: Line[] = [];
    for (const { play, pace, answers, parallel, most } of PACES) {
      const count = quick ? answers / 4 : answers;
      const sample = (dialect: Ask["dialect"]) => async (): Promise<number> => {
        const ask: Ask = { play, stream: true, dialect };
        return (await run(router, { ask, answers: count, parallel })).cpuMs / count;
      };
      const series = await alternate(rounds, sample("chat"), sample("messages"));
      const what = `Messages re-framed, ${pace}: CPU, 500 events`;
      const title = { what, unit: "ms/stream", answer: true, against: "chat" };
      lines.push(comparisonLine(title, compare(series, Number), { of: "ratio", most }));
    }
    return lines;
  },
};
