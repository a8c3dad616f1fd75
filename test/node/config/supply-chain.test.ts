/** What is installed and run is what was looked at: every package has its digest, every action of CI its commit. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { asObject } from "../../../emulator/json.ts";

const ROOT = join(import.meta.dirname, "../../..");

it("every package of the lock file has an integrity", () => {
  const lock: unknown = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  const packages = Object.entries(asObject(asObject(lock).packages));
  expect(packages.length).toBeGreaterThan(100);
  const open = packages.filter(
    ([path, entry]) => path !== "" && !/^sha512-/.test(String(asObject(entry).integrity)),
  );
  expect(open.map(([path]) => path)).toEqual([]);
});

it("every action of a workflow is pinned by its commit", () => {
  const uses = globSync(".github/workflows/*.yml", { cwd: ROOT }).flatMap((file) =>
    [...readFileSync(join(ROOT, file), "utf8").matchAll(/uses: *(\S+)/g)].map(([, action = ""]) => action),
  );
  expect(uses.length).toBeGreaterThan(0);
  expect(uses.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
});
