/** Searches with vectors by LangChain as it comes: `node embeddings-langchain.mjs '{"documents":[…],"query":"…"}'`. */
import { OpenAIEmbeddings } from "@langchain/openai";

const { URL, KEY, MODEL } = process.env;
const { documents, query } = JSON.parse(process.argv[2]);
const embeddings = new OpenAIEmbeddings({
  model: MODEL,
  apiKey: KEY,
  maxRetries: 0,
  configuration: { baseURL: `${URL}/v1` },
});

const vectors = await embeddings.embedDocuments(documents);
const question = await embeddings.embedQuery(query);
console.log(JSON.stringify({ vectors, question }));
