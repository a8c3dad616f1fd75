/** The configuration that the router on this machine is given: the file as it is now, without a build. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { Config } from "../../src/config/types.ts";
import { bindings, type ReadBinding } from "../../src/env.ts";
import { inspect } from "../config-check/inspect.ts";
import { show } from "../config-check/show.ts";
import type { Variables } from "./environment.ts";
import { type Upstream, upstreamOf } from "./upstreams.ts";

export interface Configuration {
  /** All bindings, the configuration among them; undefined where it is not valid. */
  readonly bindings: Readonly<Record<string, string>> | undefined;
  readonly upstreams: readonly Upstream[];
  /** What the bindings amount to; undefined where that is not valid. */
  readonly config: Config | undefined;
  /** What is wrong, or the warnings, for people; empty where there is nothing to say. */
  readonly text: string;
}

export interface Around {
  /** Bindings whatever the configuration says. */
  readonly known: ReadonlyMap<string, string>;
  /** All variables: those that the configuration mentions are bindings, too. */
  readonly all: Variables;
  /** The emulator's address; undefined where none runs. */
  readonly emulator: string | undefined;
}

/**
 * Reads and checks the file, or `ROUTER_CONFIG` of `known`, which wins.
 * @param file Absolute.
 */
export function readConfiguration(file: string, { known, all, emulator }: Around): Configuration {
  const own = known.get("ROUTER_CONFIG");
  const name = own === undefined ? relative(process.cwd(), file) : "ROUTER_CONFIG";
  let text: string;
  try {
    text = own ?? readFileSync(file, "utf8");
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : thrown;
    return { bindings: undefined, config: undefined, upstreams: [], text: `${name} cannot be read: ${why}` };
  }
  const asked = new Map(known);
  const read = bindings({ ...all, ...Object.fromEntries(known) });
  const binding: ReadBinding = (name) => {
    const value = read(name);
    if (value !== undefined) asked.set(name, value);
    return value;
  };
  // ROUTER_CONFIG goes on in further bindings, which the Worker puts together.
  const whole = own === undefined ? text : [text, ...further(known)].join("");
  const { config, problems, warnings } = inspect(whole, binding);
  const told = problems.length + warnings.length > 0;
  const upstreams = config?.targets.map((target) => upstreamOf(target, binding, emulator)) ?? [];
  return {
    bindings: config && { ...Object.fromEntries(asked), ROUTER_CONFIG: text },
    config,
    upstreams,
    text: told ? show(name, { problems, warnings }, binding) : "",
  };
}

function further(known: ReadonlyMap<string, string>): string[] {
  const parts: string[] = [];
  for (let number = 2; ; number++) {
    const part = known.get(`ROUTER_CONFIG_${number}`);
    if (part === undefined) return parts;
    parts.push(part);
  }
}
