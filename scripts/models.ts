/**
 * `npm run models -- --region REGION`: the models that an account may use on Bedrock in a region, ready to paste into a configuration.
 * Asks AWS twice (ListFoundationModels, ListInferenceProfiles), with the credentials of the environment or .dev.vars.
 */
import { existsSync, readFileSync } from "node:fs";
import { parseArgs, parseEnv } from "node:util";
import { REGION } from "../src/config/reference.ts";
import { bindings } from "../src/env.ts";
import { controlPlane } from "./models/control-plane.ts";
import { asYaml } from "./models/yaml.ts";
import { discovered } from "./models/discover.ts";

const USAGE = "usage: npm run models -- --region eu-central-1";
const WRONG_USAGE = 2;

process.exitCode = await main();

async function main(): Promise<number> {
  const devVars = existsSync(".dev.vars") ? parseEnv(readFileSync(".dev.vars", "utf8")) : {};
  const binding = bindings({ ...process.env, ...devVars });
  const region = wantedRegion() ?? binding("AWS_REGION") ?? binding("AWS_DEFAULT_REGION");
  if (region === undefined || !REGION.test(region)) return fail(USAGE, WRONG_USAGE);
  try {
    console.log(asYaml(region, discovered(region, await controlPlane(region, binding))));
    return 0;
  } catch (thrown) {
    return fail(thrown instanceof Error ? thrown.message : String(thrown), 1);
  }
}

/** Undefined where none is given, "" for arguments that nobody knows. */
function wantedRegion(): string | undefined {
  try {
    return parseArgs({ options: { region: { type: "string" } } }).values.region;
  } catch {
    return "";
  }
}

function fail(message: string, code: number): number {
  console.error(message);
  return code;
}
