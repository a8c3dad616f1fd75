/** The first minutes of somebody who does not know the project: what the README says happens, on a fresh clone of what is committed. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { play } from "../../scripts/first-minutes/play.ts";
import { blocksOf } from "../../scripts/first-minutes/readme.ts";

const ROOT = join(import.meta.dirname, "../..");

it("a newcomer gets what the README promises, without a warning", async () => {
  const steps = await play(ROOT, () => {});
  expect(steps.filter(({ problem }) => problem !== undefined)).toEqual([]);
  expect(steps.filter(({ what }) => what.endsWith(" runs")).length).toBeGreaterThanOrEqual(2);
});

it("a block that nobody runs or checks is noticed", () => {
  const text = "# A\n\n<!-- run -->\n```sh\necho a\n```\n\n```sh\necho b\n```\n\n```mermaid\ngraph\n```\n";
  expect(blocksOf(text)).toEqual([
    { line: 5, language: "sh", code: "echo a\n", kind: "run" },
    { line: 9, language: "sh", code: "echo b\n", kind: undefined },
  ]);
});
