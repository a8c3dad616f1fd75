/**
 * Amazon Nova's multimodal embeddings: one text a call.
 * https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html
 */
import { asObject } from "../../lib/json.ts";
import type { EmbeddingModel, InputTypes } from "./model.ts";

/** What is embedded here is text, so a question is asked of texts alone. */
const QUERY = "TEXT_RETRIEVAL";
const DOCUMENT = "GENERIC_INDEX";

const PURPOSES = [
  ...["GENERIC_INDEX", "GENERIC_RETRIEVAL", "TEXT_RETRIEVAL", "IMAGE_RETRIEVAL", "VIDEO_RETRIEVAL"],
  ...["DOCUMENT_RETRIEVAL", "AUDIO_RETRIEVAL", "CLASSIFICATION", "CLUSTERING"],
];

const INPUT_TYPES: InputTypes = {
  query: QUERY,
  document: DOCUMENT,
  passage: DOCUMENT,
  search_query: QUERY,
  search_document: DOCUMENT,
  ...Object.fromEntries(PURPOSES.map((purpose) => [purpose, purpose])),
};

export const NOVA: EmbeddingModel = {
  name: "nova-embed",
  id: "amazon.nova-2-multimodal-embeddings",
  batch: 1,
  dimensions: [3072, 1024, 384, 256],
  mostChars: 8192,
  mostTokens: 8192,
  inputTypes: INPUT_TYPES,
  body: ([text], { dimensions, inputType }) => ({
    schemaVersion: "nova-multimodal-embed-v1",
    taskType: "SINGLE_EMBEDDING",
    singleEmbeddingParams: {
      embeddingPurpose: inputType ?? DOCUMENT,
      ...(dimensions !== undefined && { embeddingDimension: dimensions }),
      // It has to be said; what is cut off would be missed by nobody until it is not found.
      text: { truncationMode: "NONE", value: text },
    },
  }),
  vectors({ embeddings }) {
    return Array.isArray(embeddings) ? embeddings.map((one) => asObject(one)?.embedding) : undefined;
  },
  tokens: (answer) => answer.inputTokenCount,
};
