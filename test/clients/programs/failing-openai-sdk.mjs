/** What OpenAI's SDK makes of a failure, streamed, with its own retries: `node failing-openai-sdk.mjs "what to ask"`. */
import OpenAI from "openai";

const { URL, KEY, MODEL, PREVIOUS } = process.env;
const client = new OpenAI({ baseURL: `${URL}/v1`, apiKey: KEY });

let text = "";
try {
  const stream = await client.responses.create({
    model: MODEL,
    input: process.argv[2],
    stream: true,
    ...(PREVIOUS && { previous_response_id: PREVIOUS }),
  });
  for await (const event of stream) if (event.type === "response.output_text.delta") text += event.delta;
  console.log(JSON.stringify({ text }));
} catch (error) {
  const { status, code, param, message } = error;
  console.log(JSON.stringify({ text, name: error.constructor.name, status, code, param, message }));
}
