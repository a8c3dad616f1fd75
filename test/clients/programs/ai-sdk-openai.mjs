/**
 * The AI SDK with its OpenAI provider as it comes, which is Responses and stores, or with the one for compatible servers, which is
 * chat (PROVIDER names the package): `node ai-sdk-openai.mjs "what to do"`.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const { URL, KEY, MODEL, PROVIDER } = process.env;
const { createOpenAI, createOpenAICompatible } = await import(PROVIDER);
const router = (createOpenAI ?? createOpenAICompatible)({
  name: "router",
  baseURL: `${URL}/v1`,
  apiKey: KEY,
});

function run(command) {
  try {
    return execFileSync("sh", ["-c", command], { encoding: "utf8" });
  } catch (error) {
    throw new Error(`exit ${error.status}: ${error.stdout}`);
  }
}

const answer = streamText({
  model: router(MODEL),
  prompt: process.argv[2],
  stopWhen: stepCountIs(8),
  maxRetries: 0,
  onError({ error }) {
    throw error;
  },
  tools: {
    shell: tool({
      description: "Runs a command in a shell.",
      inputSchema: z.object({ command: z.string() }),
      execute: ({ command }) => run(command),
    }),
    look: tool({
      description: "Looks at a picture.",
      inputSchema: z.object({ file: z.string() }),
      execute: ({ file }) => readFileSync(file).toString("base64"),
      toModelOutput: (result) => ({
        type: "content",
        value: [
          { type: "text", text: "The picture:" },
          { type: "file", data: { type: "data", data: result.output ?? result }, mediaType: "image/png" },
        ],
      }),
    }),
  },
});
console.log(await answer.text);
