/** What OpenAI's Agents SDK makes of a failure, streamed, with its own retries: `node failing-agents.mjs "what to ask"`. */
import { Agent, OpenAIProvider, Runner } from "@openai/agents";

const { URL, KEY, MODEL, PREVIOUS } = process.env;
const agent = new Agent({ name: "Worker", instructions: "Do what you are told.", model: MODEL });
const runner = new Runner({
  modelProvider: new OpenAIProvider({ baseURL: `${URL}/v1`, apiKey: KEY }),
  tracingDisabled: true,
});

let text = "";
try {
  const stream = await runner.run(agent, process.argv[2], {
    stream: true,
    ...(PREVIOUS && { previousResponseId: PREVIOUS }),
  });
  for await (const event of stream) {
    if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta")
      text += event.data.delta;
  }
  await stream.completed;
  console.log(JSON.stringify({ text }));
} catch (error) {
  const { status, code, param, message } = error;
  console.log(JSON.stringify({ text, name: error.constructor.name, status, code, param, message }));
}
