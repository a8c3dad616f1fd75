/**
 * Requests that real clients were seen to send, where their recordings lie beside the project, and what of a request has to be
 * found in the body that reached an emulated model, whatever its family's format.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { asObject, asString, isObject, type JsonObject, objectsIn } from "../../emulator/json.ts";
import { MODELS, type RepresentativeModel } from "./representative-models.ts";

const FOLDER = join(import.meta.dirname, "../../../shared/fixtures/dialects");

export interface RecordedRequest {
  readonly name: string;
  /** With its query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: JsonObject;
  readonly body: JsonObject;
}

/** @param names Of the recordings' files, without `.json`. @returns none where there are no recordings */
export function recordedRequests(names: RegExp): readonly RecordedRequest[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json") && names.test(file.slice(0, -5)))
    .toSorted()
    .map((file) => {
      const { path, headers, body } = asObject(JSON.parse(readFileSync(join(FOLDER, file), "utf8")));
      return {
        name: file.slice(0, -5),
        path: asString(path),
        headers: asObject(headers),
        body: asObject(body),
      };
    });
}

/** One model of every family that has tools, and of Converse; by its configured name. */
export const TOOL_MODELS: ReadonlyMap<string, RepresentativeModel> = new Map(
  [
    ...["claude 4.5", "nova pro", "command r", "gpt-oss", "qwen vl", "jamba", "palmyra", "mistral chat"],
    ...["pixtral", "claude by converse", "llama by converse"],
  ].flatMap((name) => {
    const row = MODELS.get(name);
    return row ? [[name.replaceAll(" ", "-"), row] as const] : [];
  }),
);

/** The section `llms:` for {@link TOOL_MODELS}. */
export function toolModelSettings(): JsonObject {
  return Object.fromEntries(
    [...TOOL_MODELS].map(([name, { model, settings }]) => [
      name,
      { provider: "bedrock", model, ...(settings.api !== undefined && { api: settings.api }) },
    ]),
  );
}

/** The names of the tools in a body that a model got, in its order. */
export function offeredTools(body: unknown): string[] {
  const { tools, toolConfig } = asObject(body);
  return [...objectsIn(tools), ...objectsIn(asObject(toolConfig).tools)].flatMap((tool) => {
    const name = asObject(tool.toolSpec).name ?? asObject(tool.function).name ?? tool.name;
    return typeof name === "string" ? [name] : [];
  });
}

/** All texts of a body, those inside of its JSON texts too, with a line between each two. */
export function textsOf(body: unknown): string {
  const found: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value === "string") {
      found.push(value);
      const inner = /^[[{]/.test(value) ? parsed(value) : undefined;
      if (inner !== undefined) walk(inner);
    } else if (Array.isArray(value)) value.forEach(walk);
    else if (isObject(value)) Object.values(value).forEach(walk);
  };
  walk(body);
  return found.join("\n");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
