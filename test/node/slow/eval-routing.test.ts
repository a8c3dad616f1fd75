/** The evaluation of routing by meaning, on the labelled queries that were handed over; on a part of those for knn. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { evaluateDomains } from "../../../scripts/eval-routing/domains.ts";
import { evaluateModels } from "../../../scripts/eval-routing/models.ts";
import { pick, readScored } from "../../../scripts/eval-routing/scored.ts";

const FOLDER = join(import.meta.dirname, "../../../../shared/vectors/routing");
const isThere = existsSync(FOLDER);
/** Each vector takes a while. */
const KNOWN = 70;
const ASKED = 30;

describe(`labelled queries, ${isThere ? 2 : 0} cases`, () => {
  it.skipIf(!isThere)(
    "with five examples a domain semantic finds at least 0.6 of the others' domains",
    async () => {
      const { asked, domains, first, splits } = await evaluateDomains(join(FOLDER, "domains.jsonl"));
      expect(domains).toBe(14);
      expect(asked).toBeGreaterThan(50);
      expect(first.semantic.mean).toBeGreaterThanOrEqual(0.6);
      expect(splits.semantic.mean).toBeGreaterThanOrEqual(0.6);
      expect(splits.semantic.mean).toBeGreaterThan(splits["nearest centroid"].mean);
    },
    180_000,
  );

  it.skipIf(!isThere)(
    "knn on a part is above chance, and below who knows every score",
    async () => {
      const all = await readScored(join(FOLDER, "scores-train.jsonl"), KNOWN + ASKED);
      const rows = all.texts.map((_, row) => row);
      const known = pick(all, rows.slice(0, -ASKED));
      const asked = pick(all, rows.slice(-ASKED));
      const { outcomes } = evaluateModels(known, asked);
      const reached = (name: string) =>
        outcomes.find((outcome) => outcome.name.startsWith(name))?.score.mean ?? Number.NaN;
      expect(reached("knn")).toBeGreaterThan(reached("random"));
      expect(reached("knn")).toBeLessThanOrEqual(reached("an oracle"));
      for (const { score } of outcomes) {
        expect(score.low).toBeLessThanOrEqual(score.mean);
        expect(score.high).toBeGreaterThanOrEqual(score.mean);
      }
    },
    180_000,
  );
});
