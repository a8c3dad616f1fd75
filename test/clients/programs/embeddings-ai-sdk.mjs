/** Searches with vectors by the AI SDK, which asks for numbers: `node embeddings-ai-sdk.mjs '{"documents":[…],"query":"…"}'`. */
import { createOpenAI } from "@ai-sdk/openai";
import { embed, embedMany } from "ai";

const { URL, KEY, MODEL } = process.env;
const { documents, query } = JSON.parse(process.argv[2]);
const model = createOpenAI({ baseURL: `${URL}/v1`, apiKey: KEY }).embedding(MODEL);

const { embeddings: vectors } = await embedMany({ model, values: documents, maxRetries: 0 });
const { embedding: question } = await embed({ model, value: query, maxRetries: 0 });
console.log(JSON.stringify({ vectors, question }));
