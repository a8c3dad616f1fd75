/**
 * Anthropic's typed tools that run at the client. Claude knows them by their type; to any other model they are functions, whose
 * parameters Anthropic documents. https://platform.claude.com/docs/en/agents-and-tools/tool-use/bash-tool, …/text-editor-tool,
 * …/memory-tool
 */
import type { FunctionTool } from "../../../chat/request.ts";
import type { JsonObject } from "../../../lib/json.ts";

type Definition = Pick<FunctionTool, "description" | "parameters" | "strict">;

const text = (description: string): JsonObject => ({ type: "string", description });
const line = (description: string): JsonObject => ({ type: "integer", description });

const PATH = text("The absolute path of the file or directory.");
const EDITS: JsonObject = {
  path: PATH,
  file_text: text("For create: the whole text of the file."),
  old_str: text("For str_replace: the text to be replaced, which has to be there exactly once."),
  new_str: text("For str_replace: the text that takes its place."),
  insert_line: line("For insert: the line behind which the text goes; 0 is the beginning."),
  insert_text: text("For insert: the text."),
  view_range: { type: "array", items: { type: "integer" }, description: "For view: first and last line." },
};

const BASH: Definition = {
  description: "Runs a command in a bash session that lives on between calls.",
  parameters: {
    type: "object",
    properties: {
      command: text("The command to run; needed unless the session is restarted."),
      restart: { type: "boolean", description: "True starts the session anew." },
    },
  },
  strict: false,
};

function editor(description: string, commands: readonly string[], more: JsonObject = {}): Definition {
  const properties = { command: { type: "string", enum: commands }, ...EDITS, ...more };
  return {
    description,
    parameters: { type: "object", properties, required: ["command"] },
    strict: false,
  };
}

const TEXT_EDITOR = editor("Views, creates and edits text files.", [
  "view",
  "create",
  "str_replace",
  "insert",
  "undo_edit",
]);
const MEMORY = editor(
  "Keeps notes as files below /memories. View that directory first.",
  ["view", "create", "str_replace", "insert", "delete", "rename"],
  { old_path: text("For rename: the path now."), new_path: text("For rename: the path to be.") },
);

/** By the type without its date, `bash_20250124`. */
const KNOWN: ReadonlyMap<string, Definition> = new Map([
  ["bash", BASH],
  ["text_editor", TEXT_EDITOR],
  ["memory", MEMORY],
]);

/** A typed tool as a function; undefined for a tool that a server runs, or that is not known. */
export function typedTool(type: string): Definition | undefined {
  return KNOWN.get(type.replace(/_\d{8}$/, ""));
}
