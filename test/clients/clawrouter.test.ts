/** OpenClaw's own plugin for routers, with a key and a base URL for all its settings: it finds the models and asks them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject } from "../../emulator/json.ts";
import { awsBindings, CLIENT_KEY, type Stack, startStack } from "../support/stack.ts";
import { installed } from "./install.ts";
import { sentOf, task } from "./models.ts";
import { openclaw, tellArgs } from "./programs/openclaw.ts";
import { newPlace, type Place, runProgram } from "./run.ts";

let stack: Stack;
let place: Place;
let program: string;
beforeAll(async () => {
  stack = await startStack({
    bindings: awsBindings,
    config: () => ({
      keys: { "*": { money_month: 50 } },
      llms: {
        claude: { provider: "bedrock", model: "global.anthropic.claude-sonnet-4-5-20250929-v1:0" },
        nova: { provider: "bedrock", model: "us.amazon.nova-lite-v1:0" },
      },
    }),
  });
  place = newPlace();
  program = join(await installed("openclaw"), "node_modules/openclaw/openclaw.mjs");
  const home = join(place.home, ".openclaw");
  mkdirSync(home, { recursive: true });
  const providers = { clawrouter: { baseUrl: stack.url, models: [] } };
  const defaults = { model: { primary: "clawrouter/auto" }, workspace: place.work, skipBootstrap: true };
  writeFileSync(
    join(home, "openclaw.json"),
    JSON.stringify({
      ...{ gateway: { mode: "local" }, models: { mode: "merge", providers } },
      agents: { defaults },
    }),
  );
}, 600_000);
afterAll(async () => {
  place?.remove();
  await stack?.close();
});

const run = (...args: readonly string[]) =>
  runProgram(process.execPath, [program, ...args], place, {
    ...{ OPENCLAW_DISABLE_TELEMETRY: "1", CLAWROUTER_API_KEY: CLIENT_KEY },
  });

describe("OpenClaw's clawrouter plugin", () => {
  // None of them is in its settings: it has found them.
  it.each(["auto", "claude"])("does a task of several steps on %s", async (model) => {
    const job = `job-${model}`;
    const words = task(openclaw("openai-responses"), place, job);
    const { code, stdout, stderr } = await run(...tellArgs(words), "--model", `clawrouter/${model}`);
    expect(`${stdout}\n${stderr}`).toContain("step-3");
    expect(code).toBe(0);
    const sent = sentOf(stack, job);
    expect(sent.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
    expect(sent.length).toBeGreaterThanOrEqual(3);
  });

  it("shows what the key has used of its budget", async () => {
    const { stdout } = await run("status", "--usage", "--json");
    const { usage } = asObject(JSON.parse(stdout));
    const shown = JSON.stringify(usage);
    expect(shown).toContain("Monthly budget");
    expect(shown).toMatch(/\d+ requests · [\d,]+ tokens · \$0\.\d+ used/);
  });
});
