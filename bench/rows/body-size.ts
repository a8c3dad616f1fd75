/** What a conversation costs by its size: an agent's, with tool calls and their results. */
import { run } from "../support/load.ts";
import { alternate, compare } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import { playName } from "../upstream/play.ts";
import { comparisonLine, type Row, valueLine } from "./row.ts";

const PLAY = playName({ kind: "bedrock", events: 5, paceMs: 0 });
const SIZES_KIB = [256, 512, 1024];
/** Requests of the smallest size in a sample; of the others as many fewer as they are larger. */
const REQUESTS = 48;
const AGAINST = "signed";

export const bodySize: Row = {
  name: "body-size",
  rounds: 3,
  plays: [PLAY],
  async run(stage, { rounds, quick }) {
    const router = await stage.router();
    const baseline = await stage.baseline(AGAINST);
    const smallest = SIZES_KIB[0] ?? Number.NaN;
    const sample = async (served: Served) => {
      const cpu: Record<number, number> = {};
      for (const kib of SIZES_KIB) {
        const answers = Math.ceil(((REQUESTS / (quick ? 4 : 1)) * smallest) / kib);
        const ask = { play: PLAY, stream: false, messages: conversation(kib * 1024) };
        cpu[kib] = (await run(served, { ask, answers, parallel: 2 })).cpuMs / answers;
      }
      return cpu;
    };
    const series = await alternate(
      rounds,
      () => sample(baseline),
      () => sample(router),
    );
    const of = (kib: number) => compare(series, (cpu) => cpu[kib] ?? Number.NaN);
    const largest = SIZES_KIB.at(-1) ?? Number.NaN;
    const perKib = (kib: number) => of(kib).ours / kib;
    return [
      ...SIZES_KIB.map((kib) =>
        comparisonLine(
          { what: `Conversation of ${kib} KiB: CPU`, unit: "ms/request", against: AGAINST, answer: true },
          of(kib),
        ),
      ),
      valueLine(
        `Conversation: a KiB of ${largest} against one of ${smallest}`,
        "ratio",
        perKib(largest) / perKib(smallest),
        { of: "value", most: 1.2 },
      ),
    ];
  },
};

const PARAGRAPH =
  "The build fails in \"src/index.ts\", line 12:\n\tType 'string' is not assignable — see above.\n";

/** Turns of a user, a tool call, its result and an answer, of so many bytes in all. */
function conversation(bytes: number): object[] {
  const messages: object[] = [{ role: "system", content: "You are a careful engineer." }];
  const text = PARAGRAPH.repeat(16);
  let size = 0;
  for (let turn = 0; size < bytes; turn++) {
    const id = `call_${turn}`;
    const call = { name: "read_file", arguments: JSON.stringify({ path: `src/file${turn}.ts` }) };
    const next = [
      { role: "user", content: text },
      { role: "assistant", content: null, tool_calls: [{ id, type: "function", function: call }] },
      { role: "tool", tool_call_id: id, content: text },
      { role: "assistant", content: text },
    ];
    messages.push(...next);
    size += Buffer.byteLength(JSON.stringify(next));
  }
  return [...messages, { role: "user", content: "And now?" }];
}
