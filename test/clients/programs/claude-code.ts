/** Claude Code over Anthropic Messages. https://code.claude.com/docs/en/cli-reference */
import { join } from "node:path";
import { isMusl } from "../install.ts";
import { type Place, type Ran, runProgram } from "../run.ts";
import type { Program, Router } from "./program.ts";

function run(folder: string, place: Place, router: Router, args: readonly string[]): Promise<Ran> {
  const { url, key, model } = router;
  const system = `${process.platform}-${process.arch}${process.platform === "linux" && isMusl() ? "-musl" : ""}`;
  const program = join(folder, `node_modules/@anthropic-ai/claude-code-${system}/claude`);
  return runProgram(program, [...args, "--model", model, "--dangerously-skip-permissions"], place, {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: key,
    ANTHROPIC_MODEL: model,
    ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
    // It asks for no permission here, which it refuses to root outside of a sandbox.
    IS_SANDBOX: "1",
  });
}

export const claudeCode: Program = {
  name: "Claude Code",
  kit: "claude-code",
  shell: (command) => ({ name: "Bash", input: { command, description: "A step" } }),
  look: (file) => ({ name: "Read", input: { file_path: file } }),
  tell: (folder, place, router, words) => run(folder, place, router, ["-p", words]),
  goOn: (folder, place, router, words) => run(folder, place, router, ["-p", "--continue", words]),
  shorten: "/compact",
};
