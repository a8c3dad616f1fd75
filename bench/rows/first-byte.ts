/** Time to the first byte of a stream, one client, against a proxy that only signs. */
import { firstByteMs } from "../support/client.ts";
import { alternate, compare, median } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import { playName } from "../upstream/play.ts";
import { comparisonLine, type Row } from "./row.ts";

const PLAY = playName({ kind: "bedrock", events: 5, paceMs: 0 });
const REQUESTS = 200;
const AGAINST = "signed";

export const firstByte: Row = {
  name: "first-byte",
  rounds: 7,
  plays: [PLAY],
  async run(stage, { rounds, quick }) {
    const router = await stage.router();
    const baseline = await stage.baseline(AGAINST);
    const sample = async (served: Served) => {
      const times: number[] = [];
      for (let left = quick ? REQUESTS / 4 : REQUESTS; left > 0; left--) {
        times.push(await firstByteMs(served, { play: PLAY, stream: true }));
      }
      return median(times);
    };
    const series = await alternate(
      rounds,
      () => sample(baseline),
      () => sample(router),
    );
    const line = { what: "Time to first byte, one client, median", unit: "ms", against: AGAINST };
    return [
      comparisonLine(
        line,
        compare(series, (ms) => ms),
        { of: "difference", most: 1 },
      ),
    ];
  },
};
