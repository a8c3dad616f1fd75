/** Searches with vectors by OpenAI's SDK as it comes, which asks for base64: `node embeddings-openai-sdk.mjs '{"documents":[…],"query":"…"}'`. */
import OpenAI from "openai";

const { URL, KEY, MODEL } = process.env;
const { documents, query } = JSON.parse(process.argv[2]);
const client = new OpenAI({ baseURL: `${URL}/v1`, apiKey: KEY, maxRetries: 0 });

async function embed(input) {
  const { data } = await client.embeddings.create({ model: MODEL, input });
  return data.map(({ embedding }) => [...embedding]);
}

const [vectors, [question]] = [await embed(documents), await embed(query)];
console.log(JSON.stringify({ vectors, question }));
