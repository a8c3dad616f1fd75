/** A command that is called wrongly says how it is called, not where its code threw. */
import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { runScript } from "../../support/script.ts";

it.each([
  ["config-check", "npm run config:check"],
  ["models", "npm run models -- --region"],
  ["embed", "npm run embed"],
  ["verify", "npm run verify -- URL"],
  ["aws-oidc", "npm run aws:oidc -- --account"],
  ["eval-routing", "npm run eval:routing -- "],
  ["eval-routing/choose", "npm run eval:routing:choose -- FILE"],
])("%s", async (script, usage) => {
  const { code, stderr } = await runScript(`scripts/${script}.ts`, ["--nonsense"], { cwd: tmpdir() });
  expect(stderr).toContain(usage);
  expect(stderr).not.toContain("    at ");
  expect(code).toBe(2);
});

it("a file that cannot be read is named", async () => {
  const run = await runScript("scripts/eval-routing.ts", ["--domains", "nowhere.jsonl"], { cwd: tmpdir() });
  expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/^ENOENT: .*nowhere\.jsonl'\n$/) });
});
