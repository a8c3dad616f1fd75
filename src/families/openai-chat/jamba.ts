/** `family: jamba`: AI21's Jamba. Its predecessor Jurassic-2 (`ai21.j2-*`), which took a bare prompt, is retired. */
import type { Family } from "../../contracts.ts";
import { RouterError } from "../../errors.ts";
import { plainModelId } from "../models/index.ts";
import { chatFamily } from "./index.ts";

const chat = chatFamily("jamba");

/** `family: jamba`. */
export const jamba: Family = {
  ...chat,
  facts: (target) =>
    isJurassic(target.model) ? { contextWindow: undefined, maxOutput: undefined } : chat.facts(target),
  encode(request, target) {
    if (!isJurassic(target.model)) return chat.encode(request, target);
    const text = `Bedrock has retired AI21's Jurassic-2 ("${target.model}" of llms.${target.name}): set "model:" there to ai21.jamba-1-5-mini-v1:0, ai21.jamba-1-5-large-v1:0 or another model.`;
    throw new RouterError("config_invalid", text);
  },
};

function isJurassic(model: string): boolean {
  return plainModelId(model)?.startsWith("ai21.j2") ?? false;
}
