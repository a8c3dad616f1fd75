/** `/embeddings` and `/rerank` of an OpenAI-compatible upstream. */
import { asString, isObject, type JsonObject, stringsIn } from "../json.ts";
import { badRequest, errorScript, type OpenAiError } from "../openai/errors.ts";
import { json, type Script } from "../script.ts";
import { ranked } from "./rerank.ts";
import { textTokens, vectorOf } from "./vectors.ts";

const DIMENSIONS = 512;

/** Some servers answer in one form whatever was asked for: `emulated-floats` and `emulated-base64` do. */
export async function answerEmbeddings(body: JsonObject): Promise<Script> {
  const { input } = body;
  const texts = typeof input === "string" ? [input] : stringsIn(input);
  const wrong = checkEmbeddings(body, texts);
  if (wrong) return errorScript(wrong);
  const length = typeof body.dimensions === "number" ? body.dimensions : DIMENSIONS;
  const tokens = textTokens(texts);
  const asked = body.encoding_format === "base64" && body.model !== "emulated-floats";
  const encoded = asked || body.model === "emulated-base64";
  const data: JsonObject[] = [];
  for (const [index, text] of texts.entries()) {
    const vector = await vectorOf(text, length);
    data.push({ object: "embedding", index, embedding: encoded ? base64(vector) : vector });
  }
  return json(200, {
    object: "list",
    data,
    model: body.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

function base64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, number] of vector.entries()) bytes.writeFloatLE(number, index * 4);
  return bytes.toString("base64");
}

function checkEmbeddings(body: JsonObject, texts: readonly string[]): OpenAiError | undefined {
  const { input, dimensions } = body;
  if (Array.isArray(input) && texts.length < input.length) {
    return badRequest(
      "'input' must be a string or an array of strings: this server takes no tokens.",
      "input",
    );
  }
  if (texts.length === 0 || texts.length > 2048) return badRequest("'$.input' is invalid.", "input");
  if (texts.includes("")) return badRequest("Input cannot be an empty string.", "input");
  if (dimensions === undefined) return undefined;
  const fits =
    typeof dimensions === "number" && Number.isInteger(dimensions) && dimensions > 0 && dimensions <= 3072;
  return fits
    ? undefined
    : badRequest(`Invalid value for 'dimensions' = ${String(dimensions)}.`, "dimensions");
}

/** Cohere's and Jina's form. */
export async function answerRerank(body: JsonObject): Promise<Script> {
  const query = asString(body.query);
  const entries = Array.isArray(body.documents) ? body.documents : [];
  const documents = entries.map((entry: unknown) =>
    isObject(entry) ? asString(entry.text) : asString(entry),
  );
  if (query === "") return errorScript(badRequest("query is required", "query"));
  if (documents.length === 0) return errorScript(badRequest("documents is required", "documents"));
  const top = typeof body.top_n === "number" ? body.top_n : documents.length;
  const results = await ranked(query, documents, top);
  const withText = results.map((result) => ({ ...result, document: { text: documents[result.index] } }));
  return json(200, {
    id: "rerank-emulated",
    model: body.model,
    results: body.return_documents === true ? withText : results,
    usage: { total_tokens: textTokens([query, ...documents]) },
    meta: { billed_units: { search_units: Math.ceil(documents.length / 100) } },
  });
}
