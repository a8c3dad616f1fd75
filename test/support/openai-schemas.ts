/**
 * Validators made of OpenAI's own JSON Schemas where the conformance vectors are beside the project, else of what the API
 * reference says about the fields that clients read.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";

const FOLDER = join(import.meta.dirname, "../../../shared/vectors/openai");

const string = { type: "string" };
const nullableString = { type: ["string", "null"] };
const integer = { type: "integer" };
const finish = { enum: ["stop", "length", "tool_calls", "content_filter", "function_call"] };

/** A small, strict rendering of the reference: enough to catch a missing or mistyped field. */
const OWN_SCHEMAS: Readonly<Record<string, object>> = {
  CreateChatCompletionResponse: {
    type: "object",
    required: ["id", "object", "created", "model", "choices"],
    properties: {
      id: string,
      object: { const: "chat.completion" },
      created: integer,
      model: string,
      choices: {
        type: "array",
        items: {
          type: "object",
          required: ["index", "message", "logprobs", "finish_reason"],
          properties: {
            index: integer,
            finish_reason: finish,
            message: {
              type: "object",
              required: ["role", "content", "refusal"],
              properties: { role: { const: "assistant" }, content: nullableString, refusal: nullableString },
            },
          },
        },
      },
    },
  },
  CreateChatCompletionStreamResponse: {
    type: "object",
    required: ["id", "object", "created", "model", "choices"],
    properties: {
      id: string,
      object: { const: "chat.completion.chunk" },
      created: integer,
      model: string,
      choices: {
        type: "array",
        items: {
          type: "object",
          required: ["index", "delta", "finish_reason"],
          properties: {
            index: integer,
            delta: { type: "object", properties: { role: string, content: nullableString } },
            finish_reason: { anyOf: [finish, { type: "null" }] },
          },
        },
      },
    },
  },
  Response: {
    type: "object",
    required: ["id", "object", "created_at", "status", "model", "output", "tools", "tool_choice", "metadata"],
    properties: { id: string, object: { const: "response" }, created_at: integer, output: { type: "array" } },
  },
  ResponseStreamEvent: {
    type: "object",
    required: ["type", "sequence_number"],
    properties: { type: { type: "string", pattern: "^(response\\.|error$)" }, sequence_number: integer },
  },
  ErrorResponse: {
    type: "object",
    required: ["error"],
    properties: {
      error: {
        type: "object",
        required: ["message", "type", "param", "code"],
        properties: { message: string, type: string, param: nullableString, code: nullableString },
      },
    },
  },
  ListModelsResponse: {
    type: "object",
    required: ["object", "data"],
    properties: {
      object: { const: "list" },
      data: {
        type: "array",
        items: {
          type: "object",
          required: ["id", "object", "created", "owned_by"],
          properties: { id: string, object: { const: "model" }, created: integer, owned_by: string },
        },
      },
    },
  },
};

/** A function that lists what is wrong with a value; empty when it conforms. */
export function schema(name: string): (value: unknown) => string[] {
  return validator(join(FOLDER, `${name}.schema.json`), OWN_SCHEMAS[name]);
}

/** The same of a file, or of a schema of our own where it is not there. */
export function validator(file: string, own: object | undefined): (value: unknown) => string[] {
  const definition: unknown = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : own;
  if (typeof definition !== "object" || definition === null) throw new Error(`no schema ${file}`);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  // Schemas of an older draft are read by the rules of the newest, which knows all that they use.
  const { $schema: _, ...rules }: { readonly $schema?: unknown } = definition;
  const validate = ajv.compile(rules);
  return (value) => (validate(value) ? [] : [ajv.errorsText(validate.errors)]);
}
