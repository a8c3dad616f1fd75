/** What `npm start` gives the router of the variables around it, and says at its start. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readConfiguration } from "../../../scripts/start/configuration.ts";
import { hasAws, knownBindings } from "../../../scripts/start/environment.ts";
import { greeting } from "../../../scripts/start/greeting.ts";

const FILE = `
llms:
  acme: { provider: acme, base_url: "\${ACME_URL}", api_key_env: ACME_KEY, model: m }
  nvidia: { provider: nvidia, api_key: "\${TEAM_KEY}", model: m }
serve: { webhook: "\${HOOK}" }
`;
const VARIABLES = {
  ACME_URL: "https://acme.example/v1",
  ACME_KEY: "key-of-acme",
  TEAM_KEY: "key-of-the-team",
  HOOK: "https://hooks.example",
  ROUTER_API_KEYS: "me=key-of-a-client-1",
  PATH: "/usr/bin",
};

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "start-"));
  file = join(folder, "router.yaml");
  await writeFile(file, FILE);
});
afterAll(() => rm(folder, { recursive: true }));

it("what the configuration mentions is a binding, whatever its name; nothing else is", () => {
  const known = knownBindings(VARIABLES);
  expect(Object.fromEntries(known)).toEqual({ ROUTER_API_KEYS: VARIABLES.ROUTER_API_KEYS });
  const { bindings, upstreams, text } = readConfiguration(file, {
    known,
    all: VARIABLES,
    emulator: undefined,
  });
  const { PATH: _, ...mentioned } = VARIABLES;
  expect(bindings).toEqual({ ...mentioned, ROUTER_CONFIG: FILE });
  expect(upstreams[0]).toMatchObject({ name: "acme", where: VARIABLES.ACME_URL });
  expect(text).toBe("");
});

it("what the emulator stands for is not taken from around it", () => {
  const known = new Map([["AWS_SESSION_TOKEN", ""]]);
  const all = { ...VARIABLES, AWS_SESSION_TOKEN: "token" };
  const { bindings } = readConfiguration(file, { known, all, emulator: "http://127.0.0.1:1" });
  expect(bindings?.AWS_SESSION_TOKEN).toBe("");
});

it("a model with credentials of its own is no emulator's, wherever they come from", async () => {
  const other = join(folder, "own.yaml");
  const model = `provider: bedrock, model: us.anthropic.claude-haiku-5-5`;
  const keys = `aws_access_key_id: "\${TEAM_ID}", aws_secret_access_key: "\${TEAM_SECRET}"`;
  await writeFile(other, `llms: { own: { ${model}, ${keys} }, theirs: { ${model} } }`);
  const known = knownBindings({});
  const read = (all: Readonly<Record<string, string>>) =>
    readConfiguration(other, { known, all, emulator: undefined }).config?.targets;
  expect(hasAws(known, read({ TEAM_ID: "AKIAX", TEAM_SECRET: "secret" }))).toBe(true);
  expect(hasAws(known, read({}))).toBe(false);
});

it("the console is told where it can be used", () => {
  const facts = {
    ...{ url: "http://127.0.0.1:8787", portNote: undefined, upstreams: [] },
    ...{ key: undefined, open: true },
  };
  expect(greeting({ ...facts, admin: true })).toMatch(/Console +http:\/\/127\.0\.0\.1:8787\/console /);
  expect(greeting({ ...facts, admin: false })).not.toContain("Console");
});
