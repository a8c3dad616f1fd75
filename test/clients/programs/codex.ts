/** Codex over OpenAI Responses. https://developers.openai.com/codex/config-reference */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Place, type Ran, runProgram } from "../run.ts";
import type { Call, Program, Router } from "./program.ts";

/** The builds that the package brings along, by platform and architecture. */
const BUILDS: Readonly<Record<string, string>> = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
};
const FLAGS = ["--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"];
/** Beyond so many tokens it shortens a conversation before it goes on: its instructions and tools take about 9,000. */
const SHORTEN = ["-c", "model_auto_compact_token_limit=12000"];

function run(folder: string, place: Place, router: Router, args: readonly string[]): Promise<Ran> {
  const home = join(place.home, ".codex");
  mkdirSync(home, { recursive: true });
  const provider = `[model_providers.edge]\nname = "Edge"\nbase_url = "${router.url}/v1"\nenv_key = "EDGE_ROUTER_KEY"\nwire_api = "responses"\nrequest_max_retries = 1\nstream_max_retries = 1`;
  writeFileSync(
    join(home, "config.toml"),
    `model = "${router.model}"\nmodel_provider = "edge"\n${provider}\n[analytics]\nenabled = false\n`,
  );
  const system = `${process.platform}-${process.arch}`;
  const program = join(folder, `node_modules/@openai/codex-${system}/vendor/${BUILDS[system]}/bin/codex`);
  return runProgram(program, ["exec", ...args], place, { CODEX_HOME: home, EDGE_ROUTER_KEY: router.key });
}

/** A call of the tool that edits files, which Codex has for models that it knows; as a model behind the router makes it. */
export function patch(body: string): Call {
  return { name: "apply_patch", input: { input: `*** Begin Patch\n${body}*** End Patch\n` } };
}

export const codex: Program = {
  name: "Codex",
  kit: "codex",
  shell: (cmd) => ({ name: "exec_command", input: { cmd } }),
  look: (file) => ({ name: "view_image", input: { path: file } }),
  tell: (folder, place, router, words) => run(folder, place, router, [...FLAGS, words]),
  goOn: (folder, place, router, words) =>
    run(folder, place, router, ["resume", "--last", ...FLAGS, ...SHORTEN, words]),
};
