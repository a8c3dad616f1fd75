/** Builds and runs the router on this machine, until it is stopped. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator } from "../../emulator/index.ts";
import { buildWorker, freePort, startLocalWorker } from "../local-worker.ts";
import { readConfiguration } from "./configuration.ts";
import { emulatorBindings, hasAws, knownBindings, localKey, variables } from "./environment.ts";
import { greeting, modelLines } from "./greeting.ts";
import type { StartOptions } from "./options.ts";
import { putVectors } from "./vectors.ts";
import { requestLine } from "./request-line.ts";
import { onFileChange, onFolderChange } from "./watch.ts";

const ROOT = join(import.meta.dirname, "../..");
const PORT = 8787;

export interface Running {
  close(): Promise<void>;
}

/**
 * Starts everything and says where it is; from then on prints a line a request and takes up what changes.
 * @throws Error whose message says what is wrong with the configuration or the build.
 */
export async function run(options: StartOptions): Promise<Running> {
  const all = variables(process.env);
  const known = knownBindings(all);
  // For whose credentials it has; whether it is valid is seen below, where an emulator's address is known.
  const { config } = readConfiguration(options.config, { known, all, emulator: undefined });
  const emulator = hasAws(known, config?.targets) ? undefined : await startEmulator({ anyRole: true });
  for (const [name, value] of Object.entries(emulator ? emulatorBindings(emulator) : {}))
    known.set(name, value);
  const open = known.has("ROUTER_AUTH");
  const key = known.has("ROUTER_API_KEYS") ? undefined : localKey(join(ROOT, ".wrangler/local-key"));
  if (key !== undefined && !open) known.set("ROUTER_API_KEYS", key);
  const configured = () => readConfiguration(options.config, { known, all, emulator: emulator?.url });

  let current = configured();
  if (current.bindings === undefined) throw new Error(current.text);
  if (current.text !== "") console.log(current.text);
  const wanted = options.port ?? PORT;
  const port = await freePort(wanted);
  let folder = await build();
  await putVectors(folder, current, options.config);
  const worker = await startLocalWorker({
    build: folder,
    bindings: current.bindings,
    port,
    hear({ message }) {
      const billed = current.upstreams.some((upstream) => upstream.billed);
      console.log(requestLine(message, new Date(), billed));
    },
  });
  const portNote = port === wanted ? undefined : `port ${wanted} is taken`;
  const admin = known.has("ROUTER_ADMIN_KEY");
  console.log(greeting({ url: worker.url, portNote, upstreams: current.upstreams, key, open, admin }));

  async function reconfigure(): Promise<void> {
    const changed = configured();
    if (changed.text !== "") console.log(changed.text);
    if (changed.bindings === undefined) return console.log("The router goes on with what it had.");
    if (changed.bindings.ROUTER_CONFIG === current.bindings?.ROUTER_CONFIG) return;
    await putVectors(folder, changed, options.config);
    current = changed;
    await worker.restart({ bindings: changed.bindings });
    console.log(`The configuration was taken up.\n${modelLines(current.upstreams).join("\n")}`);
  }

  async function rebuild(): Promise<void> {
    console.log("Building the Worker …");
    folder = await build();
    await putVectors(folder, current, options.config);
    await worker.restart({ build: folder, bindings: current.bindings ?? {} });
    console.log("The sources were taken up.");
  }

  // One change after the other: a start that is under way is finished first.
  let changes: Promise<void> = Promise.resolve();
  const takeUp = (change: () => Promise<void>) => {
    changes = changes.then(change).catch((thrown: unknown) => {
      console.error(thrown instanceof Error ? thrown.message : thrown);
      console.error("The router goes on as it was.");
    });
  };
  onFileChange(options.config, () => takeUp(reconfigure));
  for (const folder of options.watch ? ["src", "pages"] : [])
    onFolderChange(join(ROOT, folder), ["further"], () => takeUp(rebuild));

  return {
    async close() {
      await worker.close();
      await emulator?.close();
    },
  };
}

/** A build in a folder that stays as long as this process: the Worker may be started again from it. */
async function build(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "edge-router-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await buildWorker(folder);
  return folder;
}
