/** What the AI SDK makes of a failure, streamed, with its own retries: `node failing-ai-sdk.mjs "what to ask"`. */
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, RetryError, streamText } from "ai";

const { URL, KEY, MODEL, PREVIOUS } = process.env;
const router = createOpenAI({ baseURL: `${URL}/v1`, apiKey: KEY });

let text = "";
let failure;
const answer = streamText({
  model: router(MODEL),
  prompt: process.argv[2],
  ...(PREVIOUS && { providerOptions: { openai: { previousResponseId: PREVIOUS } } }),
  onError() {},
});
for await (const part of answer.stream) {
  if (part.type === "text-delta") text += part.text;
  if (part.type === "error") failure = part.error;
}
const last = RetryError.isInstance(failure) ? failure.lastError : failure;
const body = APICallError.isInstance(last) ? last.data?.error : (last?.error ?? last);
const { code, param } = body ?? {};
console.log(
  JSON.stringify({
    ...{
      text,
      name: last?.name,
      status: last?.statusCode,
      code,
      param,
      message: last?.message ?? body?.message,
    },
  }),
);
