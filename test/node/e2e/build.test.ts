// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the configuration names bindings.
/** What is deployed: how large it is, and that nothing is built of a configuration that is not valid. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workerBuild } from "../../support/worker-build.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** Vectors of examples apart, everything that an isolate may load. */
const BUDGET_KIB = 220;

describe("the Worker", () => {
  let modules: string[];

  beforeAll(async () => {
    const folder = await workerBuild();
    const names = await readdir(folder, { recursive: true });
    modules = await Promise.all(
      names.filter((name) => /\.m?js$/.test(name)).map((name) => readFile(join(folder, name), "utf8")),
    );
  }, 120_000);

  it(`is at most ${BUDGET_KIB} KiB gzip, the reader of YAML included`, () => {
    const bytes = modules.reduce((sum, text) => sum + gzipSync(text).length, 0);
    expect(modules.length).toBeGreaterThan(1);
    expect(bytes).toBeGreaterThan(50 * 1024);
    expect(bytes).toBeLessThanOrEqual(BUDGET_KIB * 1024);
  });

  it("keeps the reader of YAML out of what every isolate runs", () => {
    const [withYaml, ...others] = modules.filter((text) => text.includes("an anchor (&) or tag (!) stands"));
    expect(others).toEqual([]);
    expect(withYaml).not.toContain("x-router-model");
  });

  it("cannot read a binding while it starts: those come with each request only", () => {
    const imports = modules.flatMap((text) => [
      ...text.matchAll(/import\s*(\{[^}]*\}|[^"';(]*)\s*from\s*"([^"]+)"/g),
    ]);
    expect(imports.length).toBeGreaterThan(0);
    for (const [, names, from] of imports) {
      expect(from).toBe("cloudflare:workers");
      expect(names).toMatch(/^\{(?:\s*DurableObject(?: as [\w$]+)?\s*,?)+\}$/);
    }
  });
});

describe("config/router.yaml with a mistake", () => {
  let copy: string;
  /** Of a command in a copy of the project, with what it printed. */
  const run = (...command: string[]): Promise<{ code: number; out: string }> =>
    new Promise((resolve) => {
      const [name = "", ...args] = command;
      execFile(name, args, { cwd: copy, env: environment() }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : 1, out: stdout + stderr });
      });
    });
  const environment = () => ({
    ...process.env,
    NO_COLOR: "1",
    CI: "true",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_WRITE_LOGS: "false",
  });
  const PROBLEM = 'llms.claude.modle: the key "modle" is unknown; the nearest valid key is "model"';

  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), "edge-router-build-"));
    const wanted = /^(src|config|playground|scripts|emulator|package\.json|wrangler\.toml|tsconfig.*)?$/;
    await cp(ROOT, copy, {
      recursive: true,
      filter: (path) => wanted.test(relative(ROOT, path).split("/")[0] ?? ""),
    });
    await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
    const yaml = "llms:\n  claude: {provider: bedrock, model: amazon.nova-lite-v1:0, modle: x}\n";
    await writeFile(join(copy, "config/router.yaml"), yaml);
  });
  afterAll(() => rm(copy, { recursive: true }));

  it("says the same as npm run config:check, and is not bundled", async () => {
    const check = await run("node", "scripts/config-check.ts");
    const built = await run("node", "scripts/build-config.mjs");
    expect(check.out).toContain(PROBLEM);
    expect(built).toEqual({ code: 1, out: check.out });
    await expect(readFile(join(copy, "dist/config.json"))).rejects.toThrow("ENOENT");
  });

  it.each([["deploy", "--dry-run"], ["dev"]])(
    "fails wrangler %s",
    async (...args) => {
      const { code, out } = await run(join(ROOT, "node_modules/.bin/wrangler"), ...args);
      expect(code).toBe(1);
      expect(out).toContain(PROBLEM);
    },
    60_000,
  );

  it("fails npm start, whose last words it is", async () => {
    const { code, out } = await run("node", "scripts/start.ts");
    expect(code).toBe(1);
    expect(out.trimEnd().endsWith(PROBLEM)).toBe(true);
  }, 60_000);

  it("is not told by what a binding may hold", async () => {
    const yaml = `llms:
  a: {provider: openai, base_url: "https://\${HOST}/v1", api_key: "\${KEY}"}
  b: {provider: openai, base_url: "\${URL}"}
  c: {provider: bedrock, model: amazon.nova-lite-v1:0, aws_region: "\${REGION}", aws_access_key_id: AKIA, aws_secret_access_key: "\${SECRET}"}
`;
    await writeFile(join(copy, "config/router.yaml"), yaml);
    expect(await run("node", "scripts/build-config.mjs")).toEqual({ code: 0, out: "" });
    const json: unknown = JSON.parse(await readFile(join(copy, "dist/config.json"), "utf8"));
    expect(json).toMatchObject({ llms: { b: { base_url: "${URL}" } } });
  });
});
