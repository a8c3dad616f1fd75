/** How long a frame stays in the Worker when frames come every 20 ms. */
import { ask } from "../support/client.ts";
import { pause } from "../support/load.ts";
import { median, quantile } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import type { Stage } from "../support/stage.ts";
import { playName } from "../upstream/play.ts";
import { nowMs, tagMessage } from "../upstream/stats.ts";
import { pairLine, type Row, type Target } from "./row.ts";
import { frameCounter, sseCounter } from "./text-events.ts";

const PACE_MS = 20;
const EVENTS = 200;
const STREAMS = 24;
/** Each stream starts in another phase of the pause, and long enough after the one before not to wait for its start. */
const START_MS = 2 * PACE_MS + PACE_MS / STREAMS;
const LIMIT_MS = 5;
const PLAY = playName({ kind: "bedrock", events: EVENTS, paceMs: PACE_MS });
const AGAINST = "native";

/** From the upstream's write to the client's read, milliseconds. */
interface Delays {
  readonly first: readonly number[];
  readonly later: readonly number[];
}

/** The native pass-through beside it shows what is the machine's: two hops, and two more event loops. */
export const delay: Row = {
  name: "delay",
  rounds: 1,
  plays: [PLAY],
  async run(stage) {
    const ours = await delays(stage, await stage.router());
    const theirs = await delays(stage, await stage.baseline(AGAINST));
    const all = ({ first, later }: Delays) => [...first, ...later];
    const within = (of: Delays) => (100 * all(of).filter((ms) => ms <= LIMIT_MS).length) / all(of).length;
    const line = (part: string, unit: string, value: (of: Delays) => number, target?: Target) =>
      pairLine(
        { what: `Bedrock stream, 20 ms: ${part}`, unit, against: AGAINST },
        value(ours),
        value(theirs),
        target,
      );
    return [
      line(`frames there within ${LIMIT_MS} ms`, "%", within, { of: "ratio", least: 0.99 }),
      line("delay of the first text, median", "ms", ({ first }) => median(first), {
        of: "value",
        most: LIMIT_MS,
      }),
      line("delay of the later ones, median", "ms", ({ later }) => median(later)),
      line("delay of the later ones, 99th of 100", "ms", ({ later }) => quantile(later, 0.99)),
    ];
  },
};

async function delays(stage: Stage, served: Served): Promise<Delays> {
  const arrivals = new Map<string, number[]>();
  const stream = async (index: number) => {
    await pause(index * START_MS);
    const tag = `delay-${served.name}-${index}`;
    const times: number[] = [];
    arrivals.set(tag, times);
    const count = served.isRouter ? sseCounter() : frameCounter();
    for await (const bytes of await ask(served, { play: PLAY, stream: true, messages: [tagMessage(tag)] })) {
      const now = nowMs();
      for (let fresh = count(bytes); fresh > 0; fresh--) times.push(now);
    }
  };
  await Promise.all(Array.from({ length: STREAMS }, (_, index) => stream(index)));
  const sent = await stage.upstream.stats();
  const perStream = Array.from(arrivals, ([tag, times]) => delaysOf(times, sent[tag]?.times ?? []));
  return {
    first: perStream.flatMap((times) => times.slice(0, 1)),
    later: perStream.flatMap((times) => times.slice(1)),
  };
}

function delaysOf(arrived: readonly number[], sent: readonly number[]): number[] {
  if (sent.length !== EVENTS || arrived.length !== EVENTS) {
    throw new Error(`${EVENTS} texts expected, ${sent.length} sent, ${arrived.length} arrived`);
  }
  return arrived.map((at, index) => at - (sent[index] ?? Number.NaN));
}
