/** Continue's program for terminals, over OpenAI's chat completions. https://docs.continue.dev/guides/cli */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../run.ts";
import type { Program } from "./program.ts";

export const continueDev: Program = {
  name: "Continue",
  kit: "continue",
  shell: (command) => ({ name: "Bash", input: { command } }),
  tell(folder, place, { url, key, model }, words) {
    const config = join(place.home, "continue.json");
    writeFileSync(config, JSON.stringify(settings(`${url}/v1`, key, model)));
    const program = join(folder, "node_modules/@continuedev/cli/dist/cn.js");
    const args = [program, "--print", "--auto", "--config", config, words];
    return runProgram(process.execPath, args, place, { CONTINUE_TELEMETRY_ENABLED: "0" });
  },
};

/** As JSON, which is YAML. */
function settings(apiBase: string, apiKey: string, model: string): object {
  const edge = { name: model, provider: "openai", model, apiBase, apiKey, roles: ["chat"] };
  return { name: "Edge", version: "1.0.0", schema: "v1", models: [{ ...edge, capabilities: ["tool_use"] }] };
}
