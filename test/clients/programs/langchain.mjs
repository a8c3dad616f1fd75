/** LangChain, streamed, over Responses (API=responses) or chat: `node langchain.mjs "what to do"`. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { z } from "zod";

const { URL, KEY, MODEL, API } = process.env;

function run(command) {
  try {
    return execFileSync("sh", ["-c", command], { encoding: "utf8" });
  } catch (error) {
    return `exit ${error.status}: ${error.stdout}`;
  }
}

const picture = (file) => ({
  type: "image_url",
  image_url: { url: `data:image/png;base64,${readFileSync(file, "base64")}` },
});
const tools = {
  shell: tool(({ command }) => run(command), {
    name: "shell",
    description: "Runs a command in a shell.",
    schema: z.object({ command: z.string() }),
  }),
  look: tool(({ file }) => [picture(file)], {
    name: "look",
    description: "Looks at a picture.",
    schema: z.object({ file: z.string() }),
  }),
};
const model = new ChatOpenAI({
  model: MODEL,
  apiKey: KEY,
  useResponsesApi: API === "responses",
  maxRetries: 0,
  configuration: { baseURL: `${URL}/v1` },
}).bindTools(Object.values(tools));

const messages = [new HumanMessage(process.argv[2])];
for (let step = 0; step < 8; step++) {
  let answer;
  for await (const chunk of await model.stream(messages)) answer = answer ? answer.concat(chunk) : chunk;
  messages.push(answer);
  if (!answer.tool_calls?.length) {
    console.log(answer.text);
    break;
  }
  for (const call of answer.tool_calls) {
    const content = await tools[call.name].invoke(call.args);
    messages.push(new ToolMessage({ content, tool_call_id: call.id }));
  }
}
