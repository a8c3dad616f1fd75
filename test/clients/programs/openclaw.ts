/** OpenClaw's agent over one of the APIs that it speaks. https://docs.openclaw.ai/concepts/model-providers */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../run.ts";
import type { Program } from "./program.ts";

type Api = "anthropic-messages" | "openai-responses" | "openai-completions";

export function openclaw(api: Api): Program {
  return {
    name: "OpenClaw",
    kit: "openclaw",
    shell: (command) => ({ name: "exec", input: { command } }),
    // Over chat it shows pictures as a new message of the user, which ends the emulated model's plan.
    ...(api !== "openai-completions" && {
      look: (file: string) => ({ name: "read", input: { path: file } }),
    }),
    tell(folder, place, { url, key, model }, words) {
      const home = join(place.home, ".openclaw");
      mkdirSync(home, { recursive: true });
      const baseUrl = api === "anthropic-messages" ? url : `${url}/v1`;
      writeFileSync(
        join(home, "openclaw.json"),
        JSON.stringify(settings({ api, baseUrl, apiKey: key }, model, place.work)),
      );
      const program = join(folder, "node_modules/openclaw/openclaw.mjs");
      const args = [program, "agent", "--local", "--session-id", "steps", "--message", words, "--json"];
      return runProgram(process.execPath, args, place, { OPENCLAW_DISABLE_TELEMETRY: "1" });
    },
  };
}

function settings(provider: object, id: string, workspace: string): object {
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const model = { id, name: id, contextWindow: 200_000, maxTokens: 8_192, reasoning: true, cost };
  return {
    gateway: { mode: "local" },
    models: {
      mode: "merge",
      providers: { edge: { ...provider, models: [{ ...model, input: ["text", "image"] }] } },
    },
    agents: { defaults: { model: { primary: `edge/${id}` }, workspace, skipBootstrap: true } },
  };
}
