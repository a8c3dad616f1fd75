/**
 * `npm run config:check [file]`: validates a configuration as the Worker would, without starting it, and says what it amounts
 * to. Takes `${NAME}` from .dev.vars and the environment, whose values it never prints. --json prints an object instead, --client NAME the
 * settings of a client program.
 * Exits with 0 when the file is valid, 1 when it is not, 2 when it cannot be read.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs, parseEnv } from "node:util";
import { bindings } from "../src/env.ts";
import { clientKeyNotes } from "../src/http/client-keys.ts";
import { CLIENT_NAMES, clientSettings } from "./config-check/clients.ts";
import { inspect } from "./config-check/inspect.ts";
import { show } from "./config-check/show.ts";

const DEFAULT = join(import.meta.dirname, "../config/router.yaml");
const URL_STAND_IN = "https://openclaw-edge-router.YOUR-SUBDOMAIN.workers.dev";
const USAGE = `usage: npm run config:check [file]
       npm run config:check -- [file] --json      with an object for output
       npm run config:check -- [file] --client NAME [--url URL] [--model MODEL]
                                                  the settings of a client program: ${CLIENT_NAMES.join(", ")}`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { json, path, client } = readArguments();
  if (path === undefined || (client !== undefined && !CLIENT_NAMES.includes(client.name))) return fail(USAGE);
  const file = relative(process.cwd(), path);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    return fail(`${file} cannot be read: ${thrown instanceof Error ? thrown.message : thrown}`);
  }
  const binding = bindings({ ...process.env, ...devVars() });
  const inspected = inspect(text, binding);
  const warnings = [...inspected.warnings, ...(await clientKeyNotes(binding))];
  const inspection = { ...inspected, warnings };
  const valid = inspection.problems.length === 0;
  if (client !== undefined && inspected.config !== undefined) {
    const open = binding("ROUTER_AUTH") !== undefined;
    const settings = clientSettings(inspected.config, {
      ...{ client: client.name, origin: client.url, model: client.model, open },
    });
    if (settings === undefined) return fail(`${file} has no model ${client.model} to talk to.`);
    // What can be put into a file comes alone.
    console.log(settings.text.trimEnd());
    for (const note of settings.notes) console.error(note);
  } else if (json) {
    const { problems, summary } = inspection;
    console.log(JSON.stringify({ file, valid, problems, warnings, ...summary }, null, 2));
  } else if (valid) {
    console.log(show(file, inspection, binding));
  } else {
    console.error(show(file, inspection, binding));
  }
  if (path === DEFAULT && binding("ROUTER_CONFIG") !== undefined) {
    console.error(`\nROUTER_CONFIG is set: a router that has it reads that and not ${file}.`);
  }
  return valid ? 0 : 1;
}

interface Arguments {
  readonly json: boolean;
  /** Undefined when the arguments make no sense. */
  readonly path: string | undefined;
  readonly client?: { readonly name: string; readonly url: string; readonly model: string | undefined };
}

function readArguments(): Arguments {
  try {
    const { values, positionals } = parseArgs({
      options: {
        json: { type: "boolean" },
        client: { type: "string" },
        url: { type: "string" },
        model: { type: "string" },
      },
      allowPositionals: true,
    });
    const { client, url, model } = values;
    const stray = client === undefined ? (url ?? model) : values.json;
    if (stray !== undefined || (url !== undefined && !/^https?:\/\/[^\s?#]+$/.test(url)))
      return { json: false, path: undefined };
    const [file] = positionals;
    // npm changes to the project's folder; the file is meant from where it was called.
    const from = process.env.INIT_CWD ?? process.cwd();
    const path = file === undefined ? DEFAULT : resolve(from, file);
    const origin = (url ?? URL_STAND_IN).replace(/\/+$/, "").replace(/\/v1$/, "");
    return {
      json: values.json ?? false,
      path: positionals.length > 1 ? undefined : path,
      ...(client !== undefined && { client: { name: client, url: origin, model } }),
    };
  } catch {
    return { json: false, path: undefined };
  }
}

/** As for `npm start`: what is about this project wins over what is about the whole machine. */
function devVars(): Readonly<Record<string, string | undefined>> {
  return existsSync(".dev.vars") ? parseEnv(readFileSync(".dev.vars", "utf8")) : {};
}

function fail(message: string): number {
  console.error(message);
  return 2;
}
