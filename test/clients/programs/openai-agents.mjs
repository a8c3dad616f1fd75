/** OpenAI's Agents SDK as it comes, which is Responses, streamed: `node openai-agents.mjs "what to do"`. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent, OpenAIProvider, Runner, tool } from "@openai/agents";
import { z } from "zod";

const { URL, KEY, MODEL } = process.env;

function run(command) {
  try {
    return execFileSync("sh", ["-c", command], { encoding: "utf8" });
  } catch (error) {
    return `exit ${error.status}: ${error.stdout}`;
  }
}

const agent = new Agent({
  name: "Worker",
  instructions: "Do what you are told.",
  model: MODEL,
  tools: [
    tool({
      name: "shell",
      description: "Runs a command in a shell.",
      parameters: z.object({ command: z.string() }),
      execute: ({ command }) => run(command),
    }),
    tool({
      name: "look",
      description: "Looks at a picture.",
      parameters: z.object({ file: z.string() }),
      execute: ({ file }) => ({
        type: "image",
        image: `data:image/png;base64,${readFileSync(file, "base64")}`,
      }),
    }),
  ],
});
const runner = new Runner({
  modelProvider: new OpenAIProvider({ baseURL: `${URL}/v1`, apiKey: KEY }),
  tracingDisabled: true,
});
const stream = await runner.run(agent, process.argv[2], { stream: true, maxTurns: 8 });
await stream.completed;
console.log(stream.finalOutput);
