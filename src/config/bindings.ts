/** The configuration that the Worker's variables bring: `ROUTER_CONFIG`, continued in `ROUTER_CONFIG_2`, `_3`, ... */
import type { ReadBinding } from "../env.ts";

/** Cloudflare allows no more variables. https://developers.cloudflare.com/workers/platform/limits/ */
const MAX_PARTS = 128;
const FIRST = "ROUTER_CONFIG";

export interface WrittenConfig {
  /** The parts, each from a new line (Cloudflare allows 5 KB a variable); undefined where the bundled file counts. */
  readonly text: string | undefined;
  /** Parts that nothing stands before. */
  readonly problems: readonly string[];
}

/** Reads the variables. */
export function writtenConfig(binding: ReadBinding): WrittenConfig {
  const names = [FIRST, ...Array.from({ length: MAX_PARTS - 1 }, (_, index) => `${FIRST}_${index + 2}`)];
  const values = names.map((name) => binding(name));
  const first = values.indexOf(undefined);
  const count = first === -1 ? values.length : first;
  const missing = names[count];
  const problems = names
    .filter((_, index) => index > count && values[index] !== undefined)
    .map(
      (name) => `${name}: is set, but ${missing}, which it would continue, is not; wanted both or neither`,
    );
  return { text: count === 0 ? undefined : values.slice(0, count).join("\n"), problems };
}
