/** What Codex does beside running commands: it edits through its patch tool, looks, goes on with what it did, and shortens it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planDirective } from "../../emulator/answer/plan.ts";
import { CLIENT_KEY, type Stack } from "../support/stack.ts";
import { installed } from "./install.ts";
import { knownName, sentOf, startModels, WITH_EYES } from "./models.ts";
import { codex, patch } from "./programs/codex.ts";
import { newPlace, PICTURE } from "./run.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startModels();
}, 120_000);
afterAll(() => stack?.close());

describe.concurrent("Codex", () => {
  it.concurrent.each(["claude", "nova", "gpt-oss", "gpt"] as const)(
    "edits a file through its patch tool, looks at a picture, goes on and shortens on %s",
    async (model) => {
      const folder = await installed(codex.kit);
      const place = newPlace();
      const router = { url: stack.url, key: CLIENT_KEY, model: knownName(model) };
      const job = `job-${model}-edits`;
      const plan = planDirective([
        // Long enough that the conversation has to be shortened later.
        {
          calls: [patch("*** Add File: note.txt\n+hello\n+world\n"), codex.shell("seq 1 4000; echo step-1")],
        },
        { after: "step-1", calls: [patch("*** Update File: note.txt\n@@\n-hello\n+goodbye\n world\n")] },
        { after: "M note.txt", calls: [codex.shell("cat note.txt"), looked(place.picture)] },
      ]);
      const done = await codex.tell(folder, place, router, `Do the job ${job}. ${plan}`);
      expect([done.code, readFileSync(join(place.work, "note.txt"), "utf8")]).toEqual([
        0,
        "goodbye\nworld\n",
      ]);
      const sent = sentOf(stack, job);
      expect(sent.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      const last = sent.at(-1)?.text ?? "";
      expect(last.includes(PICTURE)).toBe(WITH_EYES.has(model));
      expect(last).toContain("goodbye");

      const next = `job-${model}-goes-on`;
      const later = await codex.goOn?.(folder, place, router, `Say ${next} ${planDirective([])}`);
      expect([later?.code, later?.stdout]).toEqual([0, expect.stringContaining(next)]);
      const [summary, asked] = sentOf(stack, job).slice(sent.length);
      expect(summary?.text).toContain("step-1");
      expect([summary?.status, asked?.status]).toEqual([200, 200]);
      // Of the steps only what the summary says of them is left.
      expect(asked?.text).toContain(next);
      expect(asked?.text).not.toContain("3998\\\\n3999");
      place.remove();
    },
  );
});

function looked(file: string) {
  return codex.look?.(file) ?? codex.shell("true");
}
