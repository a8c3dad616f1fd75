/** OpenAI's SDK over Responses, streamed, each step on what the router has kept: `node openai-sdk.mjs "what to do"`. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import OpenAI from "openai";

const { URL, KEY, MODEL } = process.env;
const client = new OpenAI({ baseURL: `${URL}/v1`, apiKey: KEY, maxRetries: 0 });

const STRING = { type: "string" };
const tool = (name, member) => ({
  type: "function",
  name,
  description: name === "shell" ? "Runs a command in a shell." : "Looks at a picture.",
  parameters: {
    type: "object",
    properties: { [member]: STRING },
    required: [member],
    additionalProperties: false,
  },
  strict: true,
});

function run(command) {
  try {
    return execFileSync("sh", ["-c", command], { encoding: "utf8" });
  } catch (error) {
    return `exit ${error.status}: ${error.stdout}`;
  }
}

function outputOf({ name, arguments: text, call_id }) {
  const { command, file } = JSON.parse(text);
  const picture = () => `data:image/png;base64,${readFileSync(file, "base64")}`;
  const output =
    name === "shell" ? run(command) : [{ type: "input_image", detail: "auto", image_url: picture() }];
  return { type: "function_call_output", call_id, output };
}

let input = process.argv[2];
let previous;
for (let step = 0; step < 8; step++) {
  const stream = client.responses.stream({
    model: MODEL,
    input,
    tools: [tool("shell", "command"), tool("look", "file")],
    ...(previous && { previous_response_id: previous }),
  });
  let told = "";
  stream.on("response.output_text.delta", ({ delta }) => {
    told += delta;
  });
  const response = await stream.finalResponse();
  if (told !== response.output_text) throw new Error("the events do not make up the answer");
  const calls = response.output.filter(({ type }) => type === "function_call");
  if (calls.length === 0) {
    console.log(response.output_text);
    break;
  }
  previous = response.id;
  input = calls.map(outputOf);
}
