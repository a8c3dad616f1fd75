/** The configuration of a workerd process, see workerd.capnp in its package. */
import { extname } from "node:path";
import type { Bundle, RuntimeSettings } from "./bundle.ts";

/** Of what lies beside the code. */
const KINDS: Readonly<Record<string, string>> = { ".bin": "data", ".txt": "text" };

export interface ServeSettings {
  readonly port: number;
  /** A folder for the storage of Durable Objects; undefined keeps it in memory. */
  readonly storage: string | undefined;
  readonly bindings: Readonly<Record<string, string>>;
  readonly runtime: RuntimeSettings;
  /** For example the size of the heap. */
  readonly v8Flags?: readonly string[];
}

/** One Worker on one port of this machine, which may call any address. */
export function capnp(
  { modules, objects }: Bundle,
  { port, storage, bindings, runtime, v8Flags = [] }: ServeSettings,
): string {
  const texts = Object.entries(bindings).map(
    ([name, value]) => `(name = ${quote(name)}, text = ${quote(value)})`,
  );
  const objectBindings = objects.map(
    ({ binding, className }) => `(name = ${quote(binding)}, durableObjectNamespace = ${quote(className)})`,
  );
  const scripts = modules.map(
    (file) => `(name = ${quote(file)}, ${KINDS[extname(file)] ?? "esModule"} = embed ${quote(file)})`,
  );
  const namespaces = objects.map(
    ({ className }) => `(className = ${quote(className)}, uniqueKey = ${quote(className)}, enableSql = true)`,
  );
  const disk =
    storage === undefined ? "" : `(name = "storage", disk = (path = ${quote(storage)}, writable = true)),`;
  const kept = storage === undefined ? "(inMemory = void)" : '(localDisk = "storage")';
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = [${v8Flags.map(quote).join(", ")}],
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private", "local"])),
    ${disk}
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${scripts.join(", ")}],
  compatibilityDate = ${quote(runtime.compatibilityDate)},
  compatibilityFlags = [${runtime.compatibilityFlags.map(quote).join(", ")}],
  bindings = [${[...texts, ...objectBindings].join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = ${objects.length > 0 ? kept : "(none = void)"},
);
`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
