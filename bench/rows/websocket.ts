/** A turn over WebSocket against the same answer as server-sent events, from the same process. */
import { run, type Spent, spentBy } from "../support/load.ts";
import { alternate, compare } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import { openSession } from "../support/sockets.ts";
import { playName } from "../upstream/play.ts";
import { comparisonLine, type Line, type Row } from "./row.ts";

const EVENTS = 500;

interface Pace {
  readonly title: string;
  readonly play: string;
  readonly answers: number;
  readonly parallel: number;
  readonly target: number;
}

const PACES: readonly Pace[] = [
  {
    title: "WebSocket, burst",
    play: playName({ kind: "bedrock", events: EVENTS, paceMs: 0 }),
    answers: 24,
    parallel: 4,
    target: 3,
  },
  {
    title: "WebSocket, 1 ms",
    play: playName({ kind: "bedrock", events: EVENTS, paceMs: 1 }),
    answers: 16,
    parallel: 8,
    target: 1.2,
  },
];

export const websocket: Row = {
  name: "websocket",
  rounds: 3,
  plays: PACES.map(({ play }) => play),
  async run(stage, { rounds, quick }) {
    const router = await stage.router();
    const lines: Line[] = [];
    for (const pace of PACES) {
      const answers = Math.ceil(quick ? pace.answers / 4 : pace.answers);
      const load = { ask: { play: pace.play, stream: true }, answers, parallel: pace.parallel };
      const sse = async () => (await run(router, load)).cpuMs / answers;
      const sockets = async (named: boolean) =>
        (await turns(router, { ...pace, answers }, named)).cpuMs / answers;
      const stateless = await alternate(rounds, sse, () => sockets(false));
      const named = await alternate(Math.ceil(rounds / 3), sse, () => sockets(true));
      const line = (what: string) => ({
        what: `${pace.title}: CPU, ${what}`,
        unit: "ms/turn",
        against: "SSE",
      });
      lines.push(
        comparisonLine(line(`${EVENTS} events`), compare(stateless, Number), {
          of: "ratio",
          most: pace.target,
        }),
        comparisonLine(line("in a named session, which keeps its frames"), compare(named, Number)),
      );
    }
    return lines;
  },
};

let sessions = 0;

/** Turns over sockets that are open already: a session outlives many. */
async function turns(router: Served, { play, answers, parallel }: Pace, named: boolean): Promise<Spent> {
  const open = Array.from({ length: parallel }, () =>
    openSession(router, named ? `bench-${++sessions}` : undefined),
  );
  const sockets = await Promise.all(open);
  let left = answers;
  const spent = await spentBy(router, () =>
    Promise.all(
      sockets.map(async (socket) => {
        while (left-- > 0) await socket.turn(play);
      }),
    ),
  );
  await Promise.all(sockets.map((socket) => socket.close()));
  return spent;
}
