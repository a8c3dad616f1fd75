/** Cline's program for terminals, over OpenAI's chat completions. https://docs.cline.bot/cline-cli */
import { join } from "node:path";
import { runProgram } from "../run.ts";
import type { Program } from "./program.ts";

const PROVIDER = "openai-compatible";
/** Without a daemon that outlives the run. */
const ENVIRONMENT = { CLINE_SESSION_BACKEND_MODE: "local" };

export const cline: Program = {
  name: "Cline",
  kit: "cline",
  shell: (command) => ({ name: "run_commands", input: { commands: [command] } }),
  look: (file) => ({ name: "read_files", input: { files: [{ path: file }] } }),
  async tell(folder, place, { url, key, model }, words) {
    const program = join(folder, `node_modules/@cline/cli-${process.platform}-${process.arch}/bin/cline`);
    const settings = ["-p", PROVIDER, "-k", key, "-m", model, "-b", `${url}/v1`];
    const configured = await runProgram(program, ["auth", ...settings], place, ENVIRONMENT);
    if (configured.code !== 0) return configured;
    return runProgram(program, ["-P", PROVIDER, "-m", model, words], place, ENVIRONMENT);
  },
};
