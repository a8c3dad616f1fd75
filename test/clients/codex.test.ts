/** Codex, headless: the tool loop of a real agent over OpenAI Responses, on a model of every kind. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLIENT_KEY, type Stack } from "../support/stack.ts";
import { install, newPlace, type Place, type Ran, runClient } from "./client.ts";
import { MODELS, sentSince, startModels, task } from "./models.ts";

const VERSION = "0.171.0";
/** The builds that the package brings along, by platform and architecture. */
const BUILDS: Readonly<Record<string, string>> = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
};

let stack: Stack;
let program: string;
beforeAll(async () => {
  const modules = await install("@openai/codex", VERSION);
  const system = `${process.platform}-${process.arch}`;
  program = join(modules, `@openai/codex-${system}/vendor/${BUILDS[system]}/bin/codex`);
  stack = await startModels();
}, 600_000);
afterAll(() => stack?.close());

function codex(place: Place, model: string, ...args: string[]): Promise<Ran> {
  const folder = join(place.home, ".codex");
  mkdirSync(folder, { recursive: true });
  const provider = `[model_providers.edge]\nname = "Edge"\nbase_url = "${stack.url}/v1"\nenv_key = "EDGE_ROUTER_KEY"\nwire_api = "responses"\nrequest_max_retries = 1\nstream_max_retries = 1`;
  writeFileSync(
    join(folder, "config.toml"),
    `model = "${model}"\nmodel_provider = "edge"\n${provider}\n[analytics]\nenabled = false\n`,
  );
  const headless = ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"];
  return runClient(program, [...headless, ...args], place, {
    CODEX_HOME: folder,
    EDGE_ROUTER_KEY: CLIENT_KEY,
  });
}

describe.each(MODELS)("Codex on %s", (model) => {
  it("does a task of three steps, with two calls at once, a picture and a step that fails", async () => {
    const place = newPlace();
    const from = stack.emulator.requests.at(-1)?.startedAt ?? -1;
    const shell = (cmd: string) => ({ name: "exec_command", input: { cmd } });
    const image = join(place.work, "pixel.png");
    // gpt-oss is told apart: what the user shows to a model that has no eyes is refused, and says so.
    const seen = model === "gpt-oss" ? [] : ["-i", image];
    const { code, stdout, stderr } = await codex(place, model, task(shell, shell("ls")), ...seen);
    place.remove();
    expect(`${stdout}\n${stderr}`).toContain("step-3");
    expect(code).toBe(0);
    const sent = sentSince(stack, from + 1).map(({ body, status }) => ({
      status,
      text: JSON.stringify(body),
    }));
    expect(sent.map(({ status }) => status)).not.toContain(400);
    const last = sent.at(-1)?.text ?? "";
    for (const words of ["step-1", "step-2", "step-3"]) expect(last).toContain(words);
  });
});
