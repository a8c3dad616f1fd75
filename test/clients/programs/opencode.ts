/** opencode over the dialect of one of the AI SDK's providers. https://opencode.ai/docs/providers */
import { globSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMusl } from "../install.ts";
import { runProgram } from "../run.ts";
import type { Program } from "./program.ts";

const COMPATIBLE = "@ai-sdk/openai-compatible";

/** @param provider The package that speaks the dialect; opencode has it built in. */
export function opencode(provider: string): Program {
  return {
    name: "opencode",
    kit: "opencode",
    shell: (command) => ({ name: "bash", input: { command, description: "A step" } }),
    // Over chat it shows pictures as a new message of the user, which ends the emulated model's plan.
    ...(provider !== COMPATIBLE && { look: (file: string) => ({ name: "read", input: { filePath: file } }) }),
    tell(folder, place, { url, key, model }, words) {
      const config = join(place.home, ".config/opencode");
      mkdirSync(config, { recursive: true });
      writeFileSync(join(config, "opencode.json"), JSON.stringify(settings(provider, url, key, model)));
      const [program = "opencode"] = globSync(
        `node_modules/opencode-${process.platform}-${process.arch}${isMusl() ? "-musl" : ""}/bin/opencode`,
        { cwd: folder },
      );
      return runProgram(join(folder, program), ["run", "--pure", "-m", `edge/${model}`, words], place, {
        OPENCODE_DISABLE_AUTOUPDATE: "1",
        OPENCODE_DISABLE_MODELS_FETCH: "1",
        OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
        OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
      });
    },
  };
}

function settings(npm: string, url: string, apiKey: string, model: string): object {
  const limit = { context: 200_000, output: 8_192 };
  const facts = { name: model, tool_call: true, reasoning: true, attachment: true, limit };
  return {
    autoupdate: false,
    share: "disabled",
    permission: { edit: "allow", bash: "allow", read: "allow", webfetch: "deny" },
    provider: {
      edge: {
        npm,
        name: "Edge",
        options: { baseURL: `${url}/v1`, apiKey },
        models: {
          [model]: { ...facts, modalities: { input: ["text", "image"], output: ["text"] } },
        },
      },
    },
  };
}
