/** `npm run embed`, and what the build makes of its vectors. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../../emulator/index.ts";
import { bundledConfig } from "../../../scripts/config-check/bundled.ts";
import { readLabelled } from "../../../src/routing/strategies/judges/format.ts";
import { awsBindings } from "../../support/stack.ts";

const ROOT = join(import.meta.dirname, "../../..");
const CONFIG = `router:
  strategy: semantic
  embedding_model: titan
  routes:
    - { name: cooking, model: nova, examples: [How long do I boil eggs?, A recipe for bread] }
    - { name: astronomy, model: nova, examples: [What is a black hole?] }
llms:
  nova: { provider: bedrock, model: "amazon.nova-lite-v1:0" }
  titan: { provider: bedrock, model: "amazon.titan-embed-text-v2:0" }
`;

let emulator: Emulator;
let root: string;
beforeAll(async () => {
  emulator = await startEmulator({ paceMs: 0 });
  root = await mkdtemp(join(tmpdir(), "edge-router-embed-"));
  await mkdir(join(root, "config"));
});
afterAll(async () => {
  await emulator?.close();
  await rm(root, { recursive: true });
});

const file = () => join(root, "config/router.yaml");

function embed(path = file()): Promise<{ readonly code: number; readonly out: string }> {
  const env = { ...process.env, ...awsBindings(emulator) };
  return new Promise((resolve) => {
    execFile(process.execPath, ["scripts/embed.ts", path], { cwd: ROOT, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, out: stdout + stderr }),
    );
  });
}

describe("npm run embed", () => {
  it("makes the vectors that the build wants, once", async () => {
    await writeFile(file(), CONFIG);
    const before = await bundledConfig(root);
    expect(before.packed).toBeUndefined();
    expect(before.text).toContain(
      "router.strategy: semantic wants vectors, and there are none; run npm run embed",
    );

    const made = await embed();
    expect(made.out).toMatch(/Asking 'titan' \(amazon\.titan-embed-text-v2:0\) for the vectors of 5 texts/);
    expect(made.out).toMatch(/Wrote .*router\.vectors, \d+ KiB/);
    const built = await bundledConfig(root);
    expect(built.text).toBe("");
    expect(built.packed).toContain('"semantic"');
    const bytes = await readFile(join(root, "config/router.vectors"));
    expect(Buffer.from(built.vectors ?? []).equals(bytes)).toBe(true);
    const labelled = readLabelled(new Uint8Array(bytes).buffer);
    expect(labelled).toMatchObject({ kind: "semantic", rows: 5, dimensions: 1024, models: [] });
    // The examples stand in the configuration: the file has none of their words.
    expect(bytes.toString("latin1")).not.toContain("boil");

    const asked = emulator.requests.length;
    expect(asked).toBe(5);
    expect((await embed()).out).toContain("has the vectors of 5 texts already");
    expect(emulator.requests.length).toBe(asked);
  }, 120_000);

  it("is wanted again where the examples have changed", async () => {
    await writeFile(file(), CONFIG.replace("A recipe for bread", "A recipe for soup"));
    const { packed, text } = await bundledConfig(root);
    expect(packed).toBeUndefined();
    expect(text).toContain("made of other examples than router.routes has; run npm run embed");
  });

  it("says what is wrong with the configuration, and makes nothing for one that needs nothing", async () => {
    await writeFile(file(), CONFIG.replace("embedding_model: titan", "embedding_model: nova"));
    expect(await embed()).toMatchObject({
      code: 1,
      out: expect.stringContaining("wanted one of kind embedding"),
    });
    await writeFile(file(), "llms: {nova: {provider: bedrock, model: 'amazon.nova-lite-v1:0'}}\n");
    expect(await embed()).toMatchObject({ code: 0, out: expect.stringContaining("needs no vectors") });
  }, 60_000);
});
