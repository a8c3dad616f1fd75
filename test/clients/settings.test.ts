/** The settings that `npm run config:check -- --client NAME` prints, as they are, in the programs that they are for. */
import { globSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientSettings } from "../../scripts/config-check/clients.ts";
import { inspect } from "../../scripts/config-check/inspect.ts";
import { CLIENT_KEY, type Stack } from "../support/stack.ts";
import { installed } from "./install.ts";
import { sentOf, startModels } from "./models.ts";
import type { Kit } from "./packages.ts";
import { runOpenclaw, tellArgs } from "./programs/openclaw.ts";
import { newPlace, type Place, type Ran, runProgram } from "./run.ts";

/** As far as settings go, the router of the tests. */
const CONFIG = `
serve: {max_body_bytes: 16MiB}
llms:
  claude: {provider: bedrock, model: global.anthropic.claude-sonnet-4-5-20250929-v1:0}
  nova: {provider: bedrock, model: "us.amazon.nova-lite-v1:0"}
`;
const MODEL = "nova";
const SYSTEM = `${process.platform}-${process.arch}`;

interface Trial {
  readonly kit: Kit;
  /** Puts the settings where they belong and says the words. */
  run(folder: string, place: Place, settings: string, words: string): Promise<Ran>;
}

/** Written into a file of the home. */
function put(place: Place, path: string, settings: string): string {
  const file = join(place.home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, settings);
  return file;
}

/** Run by a shell that knows the program by its name. */
function shell(place: Place, name: string, program: string, script: string, env = {}): Promise<Ran> {
  const bin = join(place.home, "bin");
  mkdirSync(bin);
  symlinkSync(program, join(bin, name));
  return runProgram("bash", ["-c", `PATH=${bin}:$PATH\n${script}`], place, env);
}

const TRIALS: Readonly<Record<string, Trial>> = {
  "claude-code": {
    kit: "claude-code",
    run(folder, place, settings, words) {
      const [program = ""] = globSync(`node_modules/@anthropic-ai/claude-code-${SYSTEM}*/claude`, {
        cwd: folder,
      });
      const env = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_AUTOUPDATER: "1" };
      return shell(place, "claude", join(folder, program), `${settings.trimEnd()} -p '${words}'`, env);
    },
  },
  codex: {
    kit: "codex",
    run(folder, place, settings, words) {
      put(place, ".codex/config.toml", settings);
      const [program = ""] = globSync(`node_modules/@openai/codex-${SYSTEM}/vendor/*/bin/codex`, {
        cwd: folder,
      });
      const env = { EDGE_ROUTER_KEY: CLIENT_KEY };
      return runProgram(join(folder, program), ["exec", "--skip-git-repo-check", words], place, env);
    },
  },
  openclaw: {
    kit: "openclaw",
    run(folder, place, settings, words) {
      put(place, ".openclaw/openclaw.json", settings);
      return runOpenclaw(folder, place, tellArgs(words));
    },
  },
  opencode: {
    kit: "opencode",
    run(folder, place, settings, words) {
      put(place, ".config/opencode/opencode.json", settings);
      const [program = ""] = globSync(`node_modules/opencode-${SYSTEM}/bin/opencode`, { cwd: folder });
      return runProgram(join(folder, program), ["run", "--pure", words], place, {
        OPENCODE_DISABLE_AUTOUPDATE: "1",
        OPENCODE_DISABLE_MODELS_FETCH: "1",
      });
    },
  },
  cline: {
    kit: "cline",
    run(folder, place, settings, words) {
      const program = join(folder, `node_modules/@cline/cli-${SYSTEM}/bin/cline`);
      const script = settings.replace("Say hello to the edge", words);
      return shell(place, "cline", program, script, { CLINE_SESSION_BACKEND_MODE: "local" });
    },
  },
  continue: {
    kit: "continue",
    run(folder, place, settings, words) {
      const config = put(place, ".continue/config.yaml", settings);
      const program = join(folder, "node_modules/@continuedev/cli/dist/cn.js");
      const args = [program, "--print", "--auto", "--config", config, words];
      return runProgram(process.execPath, args, place, { CONTINUE_TELEMETRY_ENABLED: "0" });
    },
  },
};

let stack: Stack;
beforeAll(async () => {
  stack = await startModels();
}, 120_000);
afterAll(() => stack?.close());

describe.concurrent("the settings that are printed", () => {
  it.concurrent.each(Object.entries(TRIALS))("bring %s to the router", async (client, { kit, run }) => {
    const { config } = inspect(CONFIG, () => undefined);
    if (!config) throw new Error("the configuration is not valid");
    const to = { client, origin: stack.url, model: MODEL, open: false };
    const settings = (clientSettings(config, to)?.text ?? "").replaceAll("YOUR_KEY", CLIENT_KEY);
    const folder = await installed(kit);
    const place = newPlace();
    const words = `Say hello to the edge of ${client}`;
    const { code, stdout, stderr } = await run(folder, place, settings, words);
    expect([code, `${stdout}\n${stderr}`]).toEqual([
      0,
      expect.stringContaining("That is all the emulator knows"),
    ]);
    const asked = sentOf(stack, words);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter(({ status }) => status !== 200)).toEqual([]);
    place.remove();
  });
});
