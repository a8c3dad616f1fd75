/** What the panel sets, and its life in this tab. */
import { signal } from "@preact/signals";
import { type JsonObject, objectOf, parseJson, textOf, textsOf } from "../../lib/json.ts";
import { stored } from "../storage.ts";

/** Parameters in OpenAI's names whose value is a number. */
export const NUMBERS = [
  "temperature",
  "top_p",
  "max_tokens",
  "seed",
  "frequency_penalty",
  "presence_penalty",
] as const;
/** Parameters whose value is a word. */
export const WORDS = ["reasoning_effort", "tool_choice"] as const;

export type ParameterName = (typeof NUMBERS)[number] | (typeof WORDS)[number] | "stop";
export const PARAMETERS: readonly ParameterName[] = [...NUMBERS, ...WORDS, "stop"];

export interface Settings {
  readonly model: string;
  readonly transport: "sse" | "ws";
  readonly system: string;
  /** Names of the tools that are offered. */
  readonly tools: readonly string[];
  /** As typed; empty or missing means unset. */
  readonly parameters: Readonly<Partial<Record<ParameterName, string>>>;
}

const slot = stored(() => sessionStorage, "playground.settings");

/** The settings of this tab, or the defaults. */
function loadSettings(): Settings {
  const kept = objectOf(parseJson(slot.get()));
  const typed = objectOf(kept.parameters);
  return {
    model: textOf(kept.model) ?? "auto",
    transport: kept.transport === "ws" ? "ws" : "sse",
    system: textOf(kept.system) ?? "",
    tools: textsOf(kept.tools),
    parameters: Object.fromEntries(PARAMETERS.map((name) => [name, textOf(typed[name]) ?? ""])),
  };
}

/** The settings of now. */
export const settings = signal(loadSettings());

/** Changes some, and keeps all for a reload of this tab. */
export function change(some: Partial<Settings>): void {
  settings.value = { ...settings.value, ...some };
  slot.set(JSON.stringify(settings.value));
}

/** Offers a tool to the model, or no longer. */
export function offerTool(name: string, offered: boolean): void {
  const others = settings.value.tools.filter((other) => other !== name);
  change({ tools: offered ? [...others, name] : others });
}

/** The parameters that are set, as a request carries them. */
export function setParameters({ parameters }: Settings): JsonObject {
  const set: JsonObject = {};
  for (const name of NUMBERS) {
    const value = Number.parseFloat(parameters[name] ?? "");
    if (Number.isFinite(value)) set[name] = value;
  }
  for (const name of WORDS) if (parameters[name]) set[name] = parameters[name];
  const stop = (parameters.stop ?? "").split("\n").filter((line) => line !== "");
  if (stop.length > 0) set.stop = stop;
  return set;
}
