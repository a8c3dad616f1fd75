/** Codex over OpenAI Responses. https://developers.openai.com/codex/config-reference */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../run.ts";
import type { Program } from "./program.ts";

/** The builds that the package brings along, by platform and architecture. */
const BUILDS: Readonly<Record<string, string>> = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
};

export const codex: Program = {
  name: "Codex",
  kit: "codex",
  shell: (cmd) => ({ name: "exec_command", input: { cmd } }),
  tell(folder, place, { url, key, model }, words) {
    const home = join(place.home, ".codex");
    mkdirSync(home, { recursive: true });
    const provider = `[model_providers.edge]\nname = "Edge"\nbase_url = "${url}/v1"\nenv_key = "EDGE_ROUTER_KEY"\nwire_api = "responses"\nrequest_max_retries = 1\nstream_max_retries = 1`;
    writeFileSync(
      join(home, "config.toml"),
      `model = "${model}"\nmodel_provider = "edge"\n${provider}\n[analytics]\nenabled = false\n`,
    );
    const system = `${process.platform}-${process.arch}`;
    const program = join(folder, `node_modules/@openai/codex-${system}/vendor/${BUILDS[system]}/bin/codex`);
    const headless = ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"];
    return runProgram(program, [...headless, words], place, { CODEX_HOME: home, EDGE_ROUTER_KEY: key });
  },
};
