/** OpenClaw's agent over one of the APIs that it speaks. https://docs.openclaw.ai/concepts/model-providers */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Place, type Ran, runProgram } from "../run.ts";
import type { Program, Router } from "./program.ts";

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
    tell(folder, place, router, words) {
      configure(place, router, api);
      return runOpenclaw(folder, place, tellArgs(words));
    },
  };
}

/** How its agent is told something. */
export function tellArgs(words: string): readonly string[] {
  return ["agent", "--local", "--session-id", "steps", "--message", words, "--json"];
}

/** Writes its configuration: a provider `edge`, which is the router, and more settings of its own. */
export function configure(place: Place, { url, key, model }: Router, api: Api, more: object = {}): void {
  const home = join(place.home, ".openclaw");
  mkdirSync(home, { recursive: true });
  const baseUrl = api === "anthropic-messages" ? url : `${url}/v1`;
  const provider = { api, baseUrl, apiKey: key };
  writeFileSync(
    join(home, "openclaw.json"),
    JSON.stringify({ ...settings(provider, model, place.work), ...more }),
  );
}

export function runOpenclaw(folder: string, place: Place, args: readonly string[]): Promise<Ran> {
  const program = join(folder, "node_modules/openclaw/openclaw.mjs");
  return runProgram(process.execPath, [program, ...args], place, { OPENCLAW_DISABLE_TELEMETRY: "1" });
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
