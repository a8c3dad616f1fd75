import { describe, expect, it } from "vitest";
import { PromptCache, type PromptPart } from "../../../emulator/prompt-cache.ts";

const MINIMUM = 1000;
const part = (key: string, tokens: number, point?: "5m" | "1h"): PromptPart => ({
  ...{ key, tokens },
  ...(point && { point }),
});
const PROMPT = [part("system", 1200, "5m"), part("question", 100)];

/** A model's cache, asked at a time in a region. */
function cached() {
  const cache = new PromptCache();
  return (parts: readonly PromptPart[], now = 0, region = "eu-central-1", model = "claude") =>
    cache.use(parts, model, MINIMUM, { cache, region, now });
}

describe("the emulator's prompt cache", () => {
  it("writes up to the last point, and reads that the next time", () => {
    const use = cached();
    expect(use(PROMPT)).toEqual({ total: 1300, read: 0, write: 1200 });
    expect(use(PROMPT)).toEqual({ total: 1300, read: 1200, write: 0 });
    expect(use([part("system", 1200), part("question", 100, "5m")])).toEqual({
      ...{ total: 1300, read: 1200, write: 100 },
    });
  });

  it("takes only exact prefixes, and no point below the model's minimum", () => {
    const use = cached();
    use(PROMPT);
    expect(use([part("System", 1200, "5m")])).toMatchObject({ read: 0, write: 1200 });
    expect(use([part("tool", 10), ...PROMPT])).toMatchObject({ read: 0, write: 1210 });
    expect(use([part("short", 999, "5m")])).toMatchObject({ read: 0, write: 0 });
    // Where one part ends counts as well.
    expect(use([part("sys", 600), part("tem", 600, "5m")])).toMatchObject({ read: 0 });
  });

  it("is another one for every model and region", () => {
    const use = cached();
    use(PROMPT);
    expect(use(PROMPT, 0, "us-east-1")).toMatchObject({ read: 0 });
    expect(use(PROMPT, 0, "eu-central-1", "other")).toMatchObject({ read: 0 });
  });

  it("keeps a prefix for 5 minutes after its last use, or the hour that its point asks for", () => {
    const use = cached();
    const minute = 60_000;
    use(PROMPT);
    expect(use(PROMPT, 4 * minute)).toMatchObject({ read: 1200 });
    expect(use(PROMPT, 8 * minute)).toMatchObject({ read: 1200 });
    expect(use(PROMPT, 13 * minute)).toMatchObject({ read: 0 });
    const hour = [part("rules", 1200, "1h"), part("question", 100)];
    use(hour);
    expect(use(hour, 59 * minute)).toMatchObject({ read: 1200 });
    expect(use(hour, 119 * minute)).toMatchObject({ read: 0 });
  });

  it("looks twenty blocks back from a point", () => {
    const more = (count: number) => Array.from({ length: count }, (_, at) => part(`block ${at}`, 10));
    for (const [count, read] of [
      [19, 1200],
      [20, 0],
    ] as const) {
      const use = cached();
      use([part("system", 1200, "5m")]);
      expect(use([part("system", 1200), ...more(count), part("end", 10, "5m")])).toMatchObject({ read });
    }
  });
});
