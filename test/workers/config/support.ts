/** Loads configurations for the tests of `src/config`. */
import { expect } from "vitest";
import { inspectFile } from "../../../scripts/config-check/pack.ts";
import { readJson } from "../../../src/config/document.ts";
import { readPacked, unpack } from "../../../src/config/packed.ts";
import { loadConfig } from "../../../src/config/text.ts";
import type { Config } from "../../../src/config/types.ts";
import { readYaml } from "../../../src/config/yaml.ts";
import type { BedrockTarget, OpenAiTarget, Target } from "../../../src/target.ts";
import type { ReadBinding } from "../../../src/env.ts";
import { RouterError } from "../../../src/errors.ts";
import { taskOf } from "../../../src/families/index.ts";

export type Bindings = Readonly<Record<string, string>>;

/** Reads from a plain object and notes which names were asked for. */
export function spyBinding(values: Bindings = {}): { binding: ReadBinding; read: string[] } {
  const read: string[] = [];
  return {
    binding: (name) => {
      read.push(name);
      return Object.hasOwn(values, name) ? values[name] : undefined;
    },
    read,
  };
}

/** Each configuration of a test is compared with what the build and an isolate make of it together. */
export function load(text: string, values: Bindings = {}): Config {
  const config = loadConfig(text, spyBinding(values).binding);
  const packed = packedConfig(text, values);
  if (packed !== undefined) expect(packed).toStrictEqual(config);
  return config;
}

/** Undefined where the build, or the isolate, leaves it to the check of the whole file. */
function packedConfig(text: string, values: Bindings): Config | undefined {
  const { valid } = inspectFile(readJson(text) ?? readYaml(text), { bedrockTask: taskOf });
  const { binding } = spyBinding(values);
  return valid && unpack(readPacked(JSON.stringify(valid.packed)), binding, () => undefined);
}

/** The lines of the error, without the first; empty when the text loads. Anything but `config_invalid` fails the test. */
export function problemsOf(text: string, values: Bindings = {}): string[] {
  try {
    load(text, values);
    return [];
  } catch (thrown) {
    expect(packedConfig(text, values)).toBeUndefined();
    if (!(thrown instanceof RouterError)) throw thrown;
    expect(thrown.code).toBe("config_invalid");
    const [head, ...lines] = thrown.message.split("\n");
    expect(head).toMatch(/^The configuration has (a problem|\d+ problems):$/);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/^- .+: .+/);
    return lines.map((line) => line.slice(2));
  }
}

/** A model `m` on Bedrock with further lines, e.g. `aws_region: eu-west-1`. */
export function bedrockText(...lines: string[]): string {
  return modelText("provider: bedrock", "model: amazon.nova-lite-v1:0", ...lines);
}

/** The model `m` with these lines. */
export function modelText(...lines: string[]): string {
  return ["llms:", "  m:", ...lines.map((line) => `    ${line}`)].join("\n");
}

export function targetOf(config: Config, name = "m"): Target {
  const target = config.targets.find((candidate) => candidate.name === name);
  if (target === undefined) throw new Error(`no target ${name}`);
  return target;
}

export function bedrockOf(text: string, values: Bindings = {}, name = "m"): BedrockTarget {
  const target = targetOf(load(text, values), name);
  if (target.kind !== "bedrock") throw new Error(`${name} is not on Bedrock`);
  return target;
}

export function openAiOf(text: string, values: Bindings = {}, name = "m"): OpenAiTarget {
  const target = targetOf(load(text, values), name);
  if (target.kind !== "openai") throw new Error(`${name} is not OpenAI-compatible`);
  return target;
}
