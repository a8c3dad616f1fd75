/** docs/emulator.md names every directive and every fault, and no other. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readDirectives } from "../../../emulator/answer/directives.ts";
import { ERROR_FAULTS as BEDROCK, FRAME_FAULTS } from "../../../emulator/bedrock/faults.ts";
import { GATEWAY_FAULTS, TRANSPORT_FAULTS } from "../../../emulator/faults.ts";
import { ERROR_FAULTS as OPENAI } from "../../../emulator/openai/faults.ts";
import { FAULTS as STS } from "../../../emulator/sts/handler.ts";
import { ROOT } from "./pages.ts";

/** Told in prose, or of the Messages API, which has no table of its own in the code. */
const OTHERS = ["denied", "error-mid"];

it("every fault stands there", async () => {
  const page = await readFile(join(ROOT, "docs/emulator.md"), "utf8");
  const faults = page.slice(page.indexOf("## Faults"));
  const cells = [...faults.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = ""]) => cell);
  const named = cells.flatMap((cell) => [...cell.matchAll(/`([\w-]+)/g)].map(([, name = ""]) => name));
  const known = [BEDROCK, FRAME_FAULTS, GATEWAY_FAULTS, TRANSPORT_FAULTS, OPENAI, STS].flatMap((table) => [
    ...table.keys(),
  ]);
  expect([...new Set(named)].toSorted()).toEqual([...new Set([...known, ...OTHERS])].toSorted());
});

it("every directive stands there, and is one", async () => {
  const page = await readFile(join(ROOT, "docs/emulator.md"), "utf8");
  const rows = [...page.matchAll(/^\| `\[\[(\w+)[^\]]*\]\]` \|/gm)].map(([, name = ""]) => name);
  expect(rows.toSorted()).toEqual(["echo", "fault", "pace", "plan", "refuse", "repeat", "system"]);
  for (const name of rows) expect(readDirectives(`[[${name} 1]] rest`).text).toBe("rest");
});
