/** The numbers that the README shows. */
import type { Line } from "../rows/row.ts";
import { dollars } from "./cost.ts";
import { number } from "./table.ts";

const FIRST_BYTE = "Time to first byte, one client, median";
const BURST = "Bedrock stream, burst: CPU, 500 events";
const SLOW = "Bedrock stream, 20 ms: CPU, 500 events";

/** Three sentences in Markdown. @throws Error where one of their lines was not measured. */
export function threeNumbers(lines: readonly Line[]): string {
  const [first, burst, slow] = [FIRST_BYTE, BURST, SLOW].map((what) => lineOf(lines, what));
  return `- **${number(first?.difference)} ms** is what a client waits longer for the first byte than through a Worker that only signs the request (median).
- **${number(burst?.value)} ms** of CPU take 500 events of a Bedrock stream in a burst: ${number(burst?.ratio)} of a plain JavaScript loop that copies them unread.
- **${cost(burst)} to ${cost(slow)}** cost a million such answers on Cloudflare's paid plan, by their pace: CPU and requests, without the model.`;
}

function lineOf(lines: readonly Line[], what: string): Line {
  const line = lines.find((each) => each.what === what);
  if (line === undefined) throw new Error(`the README's numbers need the row "${what}"`);
  return line;
}

/** From the number as the table shows it, so that a reader who checks it comes to the same. */
function cost(line: Line | undefined): string {
  return dollars(Number(number(line?.value).replaceAll(",", "")));
}
