/** The best two of some documents, by the AI SDK with its provider for Cohere: `node rerank-ai-sdk.mjs '{"documents":[…],"query":"…"}'`. */
import { createCohere } from "@ai-sdk/cohere";
import { rerank } from "ai";

const { URL, KEY, MODEL } = process.env;
const { documents, query } = JSON.parse(process.argv[2]);
const model = createCohere({ baseURL: `${URL}/v1`, apiKey: KEY }).reranking(MODEL);

const { ranking } = await rerank({ model, documents, query, topN: 2, maxRetries: 0 });
console.log(JSON.stringify({ ranking }));
