// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the configuration names bindings.
/** What is deployed: how large it is, and that nothing is built of a configuration that is not valid. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, stringsIn } from "../../../emulator/json.ts";
import { readPacked } from "../../../src/config/packed.ts";
import { readYaml } from "../../../src/config/yaml.ts";
import { workerBuild } from "../../support/worker-build.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** What every isolate compiles: all APIs, the limits, the ledger and the making of keys, roles, sessions' places. */
const EACH_KIB = 196;
/** With the reader of configurations and that of YAML. */
const BUDGET_KIB = 243;
/** Strategies that judge a text, which few configurations have. */
const JUDGES_KIB = 6;
const JUDGES = /(?:^|[\\/])further[\\/]judges\.mjs$/;

describe("the Worker", () => {
  let modules: string[];
  let judges: string;

  beforeAll(async () => {
    const folder = await workerBuild();
    const found = (await readdir(folder, { recursive: true })).filter((name) => /\.m?js$/.test(name));
    const names = found.filter((name) => !JUDGES.test(name));
    modules = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
    judges = await readFile(join(folder, found.find((name) => JUDGES.test(name)) ?? "no judges"), "utf8");
  }, 120_000);

  it(`has the strategies that judge a text beside it, at most ${JUDGES_KIB} KiB gzip`, () => {
    expect(gzipSync(judges).length).toBeLessThanOrEqual(JUDGES_KIB * 1024);
    const theirs = "nearest of";
    expect(judges).toContain(theirs);
    for (const text of modules) expect(text).not.toContain(theirs);
  });

  it(`is at most ${EACH_KIB} KiB gzip, ${BUDGET_KIB} KiB with the readers of what no build has checked`, () => {
    const sizes = modules.map((text) => gzipSync(text).length);
    expect(sizes.length).toBe(3);
    expect(Math.max(...sizes)).toBeGreaterThan(50 * 1024);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(EACH_KIB * 1024);
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(BUDGET_KIB * 1024);
  });

  it("has no character beyond Latin-1, of which one would double what V8 keeps of a module", () => {
    for (const text of [...modules, judges]) expect(/[^\0-\xff]/.exec(text)?.[0]).toBeUndefined();
  });

  it.each([
    ["the reader of YAML", "an anchor (&) or tag (!) stands"],
    ["the reader of configurations", "is not replaced here, only in"],
    ["the check of patterns", "repeats two neighbouring parts"],
  ])("keeps %s out of what every isolate runs", (_, theirs) => {
    const [itself, ...others] = modules.filter((text) => text.includes(theirs));
    expect(others).toEqual([]);
    expect(itself).toBeDefined();
    expect(itself).not.toContain("x-request-id");
  });

  it("reads YAML as its source does, though the package's writer is left out of it", async () => {
    const built: unknown = await import(pathToFileURL(join(await workerBuild(), "further/yaml.mjs")).href);
    const { readYaml: read } = asObject(built);
    if (typeof read !== "function") throw new TypeError("the module has no reader");
    const files = await readdir(join(ROOT, "config/examples"));
    const texts = await Promise.all(
      files.map((name) => readFile(join(ROOT, "config/examples", name), "utf8")),
    );
    const odd = [
      "a: |\n  t\nb: >-\n  u",
      "a: &x 1",
      "a: 1\na: 2",
      "? [1, 2]\n: 3",
      "[",
      "a: !t 1",
      "%YAML 1.1\n---\na: yes",
      "a: &x {b: 1}\nc: {<<: *x}",
      "- {a: [1, {b: ~}]}\n- 'it''s'",
      "0x10: 1e3",
      "",
    ];
    for (const text of [...texts, ...odd]) expect(read(text)).toEqual(readYaml(text));
  });

  it("is readable with --no-minify, and its source map names the sources", async () => {
    const folder = await mkdtemp(join(tmpdir(), "edge-router-readable-"));
    try {
      const args = ["deploy", "--dry-run", "--no-minify", "--outdir", folder];
      const env = { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" };
      await promisify(execFile)(join(ROOT, "node_modules/.bin/wrangler"), args, { cwd: ROOT, env });
      const code = await readFile(join(folder, "index.js"), "utf8");
      expect(code.split("\n").length).toBeGreaterThan(5_000);
      expect(/^async function plannedPlaces|^function plannedPlaces/m.test(code)).toBe(true);
      const map: unknown = JSON.parse(await readFile(join(folder, "index.js.map"), "utf8"));
      const { sources, sourcesContent } = asObject(map);
      const at = stringsIn(sources).findIndex((source) => source.endsWith("src/routing/dispatch.ts"));
      expect(stringsIn(sourcesContent)[at]).toBe(
        await readFile(join(ROOT, "src/routing/dispatch.ts"), "utf8"),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 120_000);

  it("cannot read a binding while it starts: those come with each request only", () => {
    const imports = modules.flatMap((text) => [
      ...text.matchAll(/import\s*(\{[^}]*\}|[^"';(]*)\s*from\s*"([^"]+)"/g),
    ]);
    expect(imports.length).toBeGreaterThan(0);
    for (const [, names, from] of imports) {
      // A text that the build has made.
      if (from === "./further/config.txt") continue;
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
    const wanted = /^(src|config|pages|scripts|emulator|package\.json|wrangler\.toml|tsconfig.*)?$/;
    await cp(ROOT, copy, {
      recursive: true,
      filter: (path) => {
        const [first = "", second] = relative(ROOT, path).split("/");
        // What an earlier build has made is none of this one's.
        return wanted.test(first) && !(first === "src" && second === "further");
      },
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
    await expect(readFile(join(copy, "src/further/config.txt"))).rejects.toThrow("ENOENT");
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

  it.each([
    ["npm start", ["node", "scripts/start.ts"]],
    ["npm run build", ["npm", "run", "-s", "build"]],
    ["npm run deploy", ["npm", "run", "-s", "deploy"]],
  ])(
    "fails %s, whose last words it is",
    async (_, command) => {
      const { code, out } = await run(...command);
      expect(code).toBe(1);
      expect(out.trimEnd().endsWith(PROBLEM)).toBe(true);
    },
    60_000,
  );

  it("is not told by what a binding may hold", async () => {
    const yaml = `llms:
  a: {provider: openai, base_url: "https://\${HOST}/v1", api_key: "\${KEY}"}
  b: {provider: openai, base_url: "\${URL}"}
  c: {provider: bedrock, model: amazon.nova-lite-v1:0, aws_region: "\${REGION}", aws_access_key_id: AKIA, aws_secret_access_key: "\${SECRET}"}
`;
    await writeFile(join(copy, "config/router.yaml"), yaml);
    const { code, out } = await run("node", "scripts/build-config.mjs");
    expect(code).toBe(0);
    expect(out).toMatch(
      /is valid\.\n\n1 warning:\n- llms\.c\.aws_access_key_id is written into the configuration/,
    );
    const packed = readPacked(await readFile(join(copy, "src/further/config.txt"), "utf8"));
    expect(packed.references).toContainEqual(["server", "${URL}"]);
    expect(JSON.parse(packed.document)).toMatchObject({ llms: { b: { base_url: "${URL}" } } });
  });
});
