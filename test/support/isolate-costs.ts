/**
 * `node isolate-costs.ts FOLDER`: counts what the built Worker in a folder runs at its import, for a first whole answer and
 * for a later one, by V8's own count of calls, and prints it as JSON.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { asObject, objectsIn } from "../../emulator/json.ts";

export interface Counted {
  /** That ran at all. */
  readonly functions: number;
  readonly calls: number;
  /** Length of the source of those that ran. */
  readonly bytes: number;
}

export interface IsolateCosts {
  readonly imported: Counted;
  readonly first: Counted;
  readonly later: Counted;
}

const ANSWER = {
  ...{ id: "msg_1", type: "message", role: "assistant", model: "claude", stop_reason: "end_turn" },
  ...{ content: [{ type: "text", text: "Hello." }], usage: { input_tokens: 1, output_tokens: 1 } },
};
const ENV = { ROUTER_AUTH: "none", AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };

const [, , built = "dist/worker"] = process.argv;
const folder = await mkdtemp(join(tmpdir(), "edge-router-costs-"));
try {
  const config = await readFile(join(built, "further/config.txt"), "utf8");
  const file = join(folder, "index.mjs");
  await writeFile(file, forNode(await readFile(join(built, "index.js"), "utf8"), config));
  // The first model of the configuration, by its name: which one "auto" takes is chance.
  const [model] = objectsIn(asObject(asObject(JSON.parse(config)).config).targets);
  const costs = await measured(pathToFileURL(file).href, String(model?.name));
  process.stdout.write(JSON.stringify(costs));
} finally {
  await rm(folder, { recursive: true });
}

/** The Worker without what Node has not: a base for its objects, which nobody makes here, and modules of text. */
function forNode(worker: string, config: string): string {
  return worker
    .replaceAll(/import\s*\{[^}]*\}\s*from\s*"cloudflare:workers";?/g, (found) => {
      const names = found.matchAll(/DurableObject(?: as ([\w$]+))?/g);
      return [...names].map(([, name = "DurableObject"]) => `class ${name}{}`).join(";");
    })
    .replaceAll(
      /import\s+([\w$]+)\s+from\s*"[^"]+\.txt";?/g,
      (_, name: string) => `const ${name}=${JSON.stringify(config)};`,
    );
}

async function measured(href: string, model: string): Promise<IsolateCosts> {
  globalThis.fetch = async () => Response.json(ANSWER);
  // The request's line in the log.
  console.log = () => {};
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  const { default: worker } = asObject(await import(href));
  const imported = await countIn(session, href);
  await answer(worker, model);
  const first = await countIn(session, href);
  await answer(worker, model);
  const later = await countIn(session, href);
  session.disconnect();
  return { imported, first, later };
}

/** What ran in the Worker since the last count. */
async function countIn(session: Session, href: string): Promise<Counted> {
  const { result } = await session.post("Profiler.takePreciseCoverage");
  const ran = result
    .filter(({ url }) => url === href)
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges.slice(0, 1)))
    // The module itself begins at 0.
    .filter(({ count, startOffset }) => count > 0 && startOffset > 0);
  return {
    functions: ran.length,
    calls: ran.reduce((sum, { count }) => sum + count, 0),
    bytes: ran.reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0),
  };
}

async function answer(worker: unknown, model: string): Promise<void> {
  const { fetch: handle } = asObject(worker);
  if (typeof handle !== "function") throw new TypeError("the Worker has no fetch");
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
  const headers = { "content-type": "application/json" };
  const request = new Request("http://localhost/v1/chat/completions", { method: "POST", headers, body });
  const response: unknown = await handle(request, ENV, { waitUntil() {} });
  if (!(response instanceof Response)) throw new TypeError("the Worker gave no response");
  const text = await response.text();
  if (!text.includes("Hello.")) throw new Error(`the Worker did not answer: ${text}`);
}
