/** Tool names as a model takes them through Converse, and back. */
import { originalName, plainName } from "../tool-names.ts";
import type { ConverseModel } from "./models.ts";

/** The service model's limit. */
const MAX_NAME = 64;

/**
 * A tool's name for the model. Histories may hold names that no request could offer.
 * Nova fails on a hyphen in a name ("invalid sequence as part of ToolUse"); what an escape would make too long stays.
 */
export function toolName(name: string, { plainToolNames }: Pick<ConverseModel, "plainToolNames">): string {
  const plain = plainToolNames ? plainName(name) : name;
  if (plain !== "" && plain.length <= MAX_NAME && /^[a-zA-Z0-9_-]+$/.test(plain)) return plain;
  return name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, MAX_NAME) || "_";
}

/** The client's name for a tool that the model called. */
export function clientToolName(
  name: string,
  { plainToolNames }: Pick<ConverseModel, "plainToolNames">,
): string {
  return plainToolNames ? originalName(name) : name;
}
