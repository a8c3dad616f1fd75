/**
 * The tools of one request as a model's format knows them: names, schemas and members of inputs that the format refuses are
 * others there, in the history's calls too, and the client's own again in the answer's.
 */
import type { ChatRequest, FunctionTool, JsonObject } from "../../chat/request.ts";
import { type SchemaReader, type SchemaRules, schemaReader } from "./schema/index.ts";
import { clientInput, type KeyNames, modelInput } from "./schema/property-keys.ts";
import { uniqueNames } from "./unique-names.ts";

/**
 * The tool whose arguments are the answer, where a model has no structured output of its own. The decoders know it by its
 * name, so no tool of a client may have it.
 */
export const ANSWER_TOOL = "router_json_answer";

/** What a format takes of tools. */
export interface ToolForm extends SchemaRules {
  /** A tool's name as the format takes it; one that it takes stays as it is. */
  readonly clean: (name: string) => string;
  /** Characters that a name may have. */
  readonly longest: number;
}

/** What calls of an answer are to the client. */
export interface ClientCalls {
  /** The client's name of a tool. */
  name(model: string): string;
  /** Gives the client's form of a whole input; undefined where it is the model's. */
  input(model: string): ((text: string) => string) | undefined;
}

export interface ToolBook {
  /** A tool's name as the model knows it; two never have the same. */
  name(name: string): string;
  /** The input of a call as the model knows it. */
  input(name: string, input: JsonObject): JsonObject;
  /** A tool's schema as the format takes it; undefined where no object fits it, so that nobody could call the tool. */
  schema(tool: FunctionTool): JsonObject | undefined;
  /** The same of the tool whose input is the answer. @param param The field that asks for it. */
  answerSchema(schema: JsonObject, param: string): JsonObject | undefined;
  readonly client: ClientCalls;
}

/**
 * Which of two names that look alike gets a number depends on their order: those of the tools come first.
 * @throws RouterError `invalid_value` for schemas beyond the bounds.
 */
export function toolBook({ tools, messages }: ChatRequest, form: ToolForm): ToolBook {
  const called = messages.flatMap((message) => (message.role === "assistant" ? message.toolCalls : []));
  const names = [ANSWER_TOOL, ...tools.map(({ name }) => name), ...called.map(({ name }) => name)];
  const nameOf = uniqueNames(form.clean, { names, longest: form.longest });
  const clientNames = new Map(names.map((name) => [nameOf(name), name]));
  const read = schemaReader(form);
  const schemas = new Map<string, ReturnType<SchemaReader>>();
  for (const { name, parameters, param } of tools) {
    schemas.set(name, read(parameters, `tool ${JSON.stringify(name.slice(0, 64))}`, `${param}.parameters`));
  }
  const keysOf = (name: string): KeyNames | undefined => {
    const keys = schemas.get(name)?.keys;
    return keys !== undefined && keys.size > 0 ? keys : undefined;
  };
  return {
    name: nameOf,
    input(name, input) {
      const keys = keysOf(name);
      return keys === undefined ? input : modelInput(input, keys);
    },
    schema: ({ name }) => schemas.get(name)?.schema,
    answerSchema(schema, param) {
      schemas.set(ANSWER_TOOL, read(schema, "the answer", param));
      return schemas.get(ANSWER_TOOL)?.schema;
    },
    client: {
      name: (model) => clientNames.get(model) ?? model,
      input(model) {
        const keys = keysOf(clientNames.get(model) ?? model);
        return keys && ((text) => clientInput(text, keys));
      },
    },
  };
}

/** Letters, digits, underscores and hyphens, as most formats want them. */
export function safeNames(longest: number): Pick<ToolForm, "clean" | "longest"> {
  return { longest, clean: (name) => name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, longest) || "_" };
}
