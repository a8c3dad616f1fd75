/** The pages name every key, endpoint, header, binding, example and variable that there is, and no command that there is not. */
import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import schema from "../../../config/router.schema.json" with { type: "json" };
import { asObject, objectsIn } from "../../../emulator/json.ts";
import { scripts } from "../../../package.json" with { type: "json" };
import { ROOT, readPages } from "./pages.ts";

const pages = readPages();
const everywhere = pages.map(({ text }) => text).join("\n");

function pageOf(name: string): string {
  return readFileSync(join(ROOT, "docs", name), "utf8");
}

/** The part of docs/configuration.md under a heading, up to the next of its kind. */
function sectionOf(heading: string): string {
  const [, ...rest] = pageOf("configuration.md").split(`\n${heading}\n`);
  return rest.join().split(new RegExp(`^${heading.replace(/[^#].*/, "")} `, "m"))[0] ?? "";
}

/** What the code has in quotes, by a pattern whose first group is the name. */
function quoted(folders: string, pattern: RegExp): string[] {
  const texts = globSync(folders, { cwd: ROOT }).map((file) => readFileSync(join(ROOT, file), "utf8"));
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name = ""]) => name)))];
}

/** The names of the keys below a schema; those that are without effect have their own table. */
function keysBelow(part: unknown): string[] {
  const { properties, items, anyOf } = asObject(part) ?? {};
  const own = Object.entries(asObject(properties) ?? {}).flatMap(([name, inner]) =>
    asObject(inner)?.deprecated === true ? [] : [name, ...keysBelow(inner)],
  );
  const others = [items, ...(Array.isArray(anyOf) ? anyOf : [])].flatMap((inner) =>
    inner === undefined ? [] : keysBelow(inner),
  );
  return [...own, ...others];
}

/** The words of the first cells: `retry.attempts` and `tiers: model` are told of their parts. */
function rowsOf(text: string): string[] {
  return [...text.matchAll(/^\| `([^`]+)` \|/gm)].flatMap(([, cell = ""]) => cell.split(/[.: ]+/));
}

describe("docs/configuration.md has a row for every key of", () => {
  const { definitions } = schema;
  it.each([
    ["serve", definitions.serve],
    ["router", definitions.router],
    ["router", { properties: { retry: definitions.retry } }],
    ["rules", definitions.rule],
    ["aws", definitions.aws],
    ["keys", definitions.keys.additionalProperties],
    ["llms", definitions.bedrock_model],
    ["llms", definitions.anthropic_model],
    ["llms", definitions.workers_ai_model],
    ["llms", definitions.openai_model],
  ])("%s", (heading, part) => {
    const rows = rowsOf(
      heading === "router"
        ? sectionOf("### router") + sectionOf("### tiers and routes")
        : sectionOf(`### ${heading}`),
    );
    const keys = keysBelow(part);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => !rows.includes(key))).toEqual([]);
  });
});

/** Of the whole table. Its types are those of the Workers runtime, which are not known here. */
async function endpoints(): Promise<{ method: string; path: string }[]> {
  const table: unknown = (await import(join(ROOT, "src/endpoints/index.ts"))).ENDPOINTS;
  return objectsIn(table).map(({ method, path }) => ({ method: String(method), path: String(path) }));
}

it("every endpoint is named", async () => {
  const all = await endpoints();
  expect(all.length).toBeGreaterThan(20);
  const unnamed = all.filter(({ method, path }) => {
    const shown = path.replace(/:\w+(?:\{[^}]*\})?/g, "(?::\\w+|\\{\\w+\\}|[A-Z]+)").replaceAll(".", "\\.");
    return !new RegExp(`\`(?:${method} )?(?:/v1)?${shown}[\`?]`).test(everywhere);
  });
  expect(unnamed.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
});

it("every header of an answer is named", () => {
  const names = quoted(
    "src/{http,endpoints,dialects}/**/*.ts",
    /"(x-(?:router|request|should)-[a-z-]+|server-timing|request-id|retry-after|www-authenticate)"/g,
  );
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !everywhere.includes(`\`${name}`))).toEqual([]);
});

it("every binding has its row", () => {
  const names = quoted("src/**/*.ts", /"((?:ROUTER|AWS)_[A-Z_]+)"/g);
  expect(names.length).toBeGreaterThan(10);
  const rows = sectionOf("## Bindings");
  expect(names.filter((name) => !rows.includes(`\`${name}\``))).toEqual([]);
});

it("every variable of the container has its row", () => {
  const names = quoted("container/start", /\$\{([A-Z_]+):-/g).filter((name) => name !== "ROUTER_CONFIG");
  expect(names.length).toBeGreaterThan(3);
  expect(names.filter((name) => !pageOf("container.md").includes(`\`${name}\``))).toEqual([]);
});

it("every example has its row", () => {
  const files = readdirSync(join(ROOT, "config/examples")).filter((file) => file.endsWith(".yaml"));
  expect(files.filter((file) => !pageOf("configuration.md").includes(`| [${file}](`))).toEqual([]);
});

it("every part of src has its row", () => {
  const parts = readdirSync(join(ROOT, "src")).filter(
    (name) => !/^(?:further|index\.ts|.+\.d\.ts)$/.test(name),
  );
  const page = pageOf("architecture.md");
  expect(
    parts.filter((name) => !new RegExp(`^\\| \`${name.replace(".", "\\.")}/?\` \\|`, "m").test(page)),
  ).toEqual([]);
});

it("every command of npm is one", () => {
  const named = [...everywhere.matchAll(/\bnpm run (?:-s )?([a-z][\w:]*)/g)].map(([, name = ""]) => name);
  expect(named.length).toBeGreaterThan(20);
  expect([...new Set(named)].filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});
