/** What the rows measure on: one upstream, and Workers in front of it that are built once and started when first wanted. */
import { rmSync } from "node:fs";
import {
  type Bundle,
  bundleBaseline,
  bundleRouter,
  countingConstructors,
  deployedWith,
  withUnused,
} from "./bundle.ts";
import { type Served, serve } from "./served.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

export type Baseline = "native" | "loop" | "signed" | "read" | "adaptive" | "decode" | "decide" | "translate";

export interface Stage {
  readonly upstream: Upstream;
  /** Where the router's build lies. */
  readonly routerFolder: string;
  /** The router that most rows share; its models are called as the plays. */
  router(): Promise<Served>;
  baseline(name: Baseline): Promise<Served>;
  /** A baseline in a process that nobody shares. Close it when done. */
  serveBaseline(name: Baseline, options?: BaselineOptions): Promise<Served>;
  /** A router with a configuration of its own (YAML). Close it when done. */
  serveRouter(name: string, config: string, options?: RouterOptions): Promise<Served>;
  /** YAML of `llms:` for the named plays. */
  models(plays: readonly string[]): string;
  close(): Promise<void>;
}

export interface BaselineOptions {
  /** With the router's modules beside it, which it does not import. */
  readonly unused?: boolean;
}

export interface RouterOptions {
  /** The configuration bundled, as a deployment has it, instead of in a variable; what objects store in memory. */
  readonly deployed?: boolean;
  /** Count how often a session's constructor runs, told at `/constructed`. */
  readonly counting?: boolean;
  /** Beside the configuration and a pair of keys. */
  readonly bindings?: Readonly<Record<string, string>>;
  /** Where to open V8's inspector. */
  readonly inspector?: string;
}

const CREDENTIALS = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "bench" };
/** Any model of the catalogue that has a price: the upstream answers as Claude whatever is asked. */
const MODEL = "anthropic.claude-sonnet-4-6";

export interface StageOptions {
  /** What the shared router is to have models for. */
  readonly plays: readonly string[];
  readonly readable: boolean;
}

/** Builds the router and starts the upstream. */
export async function openStage({ plays, readable }: StageOptions): Promise<Stage> {
  const upstream = await startUpstream();
  const bundle = bundleRouter({ readable });
  const folders = [bundle.folder];
  const shared = new Map<string, Promise<Served>>();
  const started: Served[] = [];
  const once = (name: string, start: () => Promise<Served>): Promise<Served> => {
    const known = shared.get(name) ?? start();
    shared.set(name, known);
    return known;
  };
  const temporary = (built: Bundle): Bundle => {
    folders.push(built.folder);
    return built;
  };
  const models = (names: readonly string[]) => llms(names, upstream.url);

  const serveRouter: Stage["serveRouter"] = async (name, config, options = {}) => {
    const { counting = false, deployed = false, inspector, bindings: more } = options;
    const bindings = {
      ROUTER_AUTH: "none",
      ...(!deployed && { ROUTER_CONFIG: config }),
      ...CREDENTIALS,
      ...more,
    };
    const built = deployed ? temporary(await deployedWith(bundle, config)) : bundle;
    const served = await serve({
      ...{ name, bundle: counting ? countingConstructors(built) : built, bindings },
      isRouter: true,
      inMemory: deployed,
      ...(inspector !== undefined && { inspector }),
    });
    started.push(served);
    return served;
  };
  const serveBaseline: Stage["serveBaseline"] = async (name, { unused = false } = {}) => {
    const alone = temporary(await bundleBaseline(name));
    const built = unused ? temporary(withUnused(alone, bundle)) : alone;
    const bindings = { UPSTREAM: upstream.url, ...CREDENTIALS };
    const served = await serve({ name, bundle: built, bindings, isRouter: false });
    started.push(served);
    return served;
  };
  return {
    upstream,
    routerFolder: bundle.folder,
    models,
    serveBaseline,
    serveRouter,
    router: () => once("router", () => serveRouter("router", models(plays))),
    baseline: (name) => once(name, () => serveBaseline(name)),
    async close() {
      await Promise.all(started.map((served) => served.close()));
      await upstream.close();
      for (const folder of folders) rmSync(folder, { recursive: true });
    },
  };
}

function llms(plays: readonly string[], upstream: string): string {
  const entries = plays.map((play) => {
    const base = `base_url: "${upstream}/${play}"`;
    return play.startsWith("openai")
      ? `  ${play}: { provider: bench, auth_mode: none, ${base} }`
      : `  ${play}: { provider: bedrock, model: "${MODEL}", ${base} }`;
  });
  return `llms:\n${entries.join("\n")}\n`;
}
