/** The configuration of workerd in a container, see workerd.capnp in its package. `container/start` fills in what only it knows. */

import { extname } from "node:path";

/** Of what lies beside the code. */
const KINDS: Readonly<Record<string, string>> = { ".bin": "data", ".txt": "text" };

export interface ContainerSettings {
  /** ES modules, the entry first, data (`.bin`) and texts (`.txt`). */
  readonly modules: readonly string[];
  readonly json: string;
  readonly objects: readonly { readonly binding: string; readonly className: string }[];
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
}

/** What an isolate has on Cloudflare: what the router counts on. https://developers.cloudflare.com/workers/platform/limits/#memory */
const HEAP_MB = 128;

/**
 * Three words in it stand for what the start of the container puts there: `@ENVIRONMENT@` for a binding for each variable of the
 * environment, by its name alone, so that no secret is written anywhere; `@NETWORKS@` for the networks that may be called,
 * `@DATA@` for the folder of what is stored.
 */
export function configTemplate(settings: ContainerSettings): string {
  const { modules, json, objects, compatibilityDate, compatibilityFlags } = settings;
  const scripts = modules.map(
    (file) =>
      `(name = ${quote(file)}, ${KINDS[extname(file)] ?? "esModule"} = embed ${quote(`/worker/${file}`)})`,
  );
  const data = `(name = ${quote(json)}, json = embed ${quote(`/worker/${json}`)})`;
  const bindings = objects.map(
    ({ binding, className }) => `(name = ${quote(binding)}, durableObjectNamespace = ${quote(className)})`,
  );
  const namespaces = objects.map(
    ({ className }) => `(className = ${quote(className)}, uniqueKey = ${quote(className)}, enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = ["--max-old-space-size=${HEAP_MB}"],
  services = [
    (name = "router", worker = .router),
    (name = "pages", disk = (path = "@FOLDER@/pages")),
    (name = "data", disk = (path = "@DATA@", writable = true)),
    (name = "internet", network = (allow = [@NETWORKS@], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "@ADDRESS@", http = (), service = "router")],
);
const router :Workerd.Worker = (
  modules = [
    ${[...scripts, data].join(",\n    ")},
  ],
  compatibilityDate = ${quote(compatibilityDate)},
  compatibilityFlags = [${compatibilityFlags.map(quote).join(", ")}],
  bindings = [
    (name = "PAGES", service = "pages"),
    ${bindings.join(",\n    ")},
@ENVIRONMENT@
  ],
  durableObjectNamespaces = [
    ${namespaces.join(",\n    ")},
  ],
  durableObjectStorage = (localDisk = "data"),
);
`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
