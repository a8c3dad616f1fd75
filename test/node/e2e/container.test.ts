/** The router as a container runs it: the script that starts it, workerd, a folder for what is stored. Docker is not needed. */
import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../../emulator/index.ts";
import { asObject, asString } from "../../../emulator/json.ts";
import { awsBindings, CLIENT_KEY, eventually } from "../../support/stack.ts";
import { type ContainerProcess, startContainer } from "./container-process.ts";
import { connect, textOf } from "./ws-client.ts";

const ROOT = join(import.meta.dirname, "../../..");
const BUILD_MS = 240_000;
/** So long a file may be locked by the runtime, which opens or has just left it. */
const LOCKED_MS = 10_000;
const ADMIN_KEY = "sk-admin-0123456789abcdef";
const LIMITED_KEY = "sk-limited-0123456789abcdef";
/** A name of its own, which only the configuration knows. */
const UPSTREAM_KEY = "MY_OWN_UPSTREAM_KEY";

let root: string;
let folder: string;
let emulator: Emulator;
let environment: Readonly<Record<string, string>>;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "container-"));
  folder = join(root, "router");
  emulator = await startEmulator({ paceMs: 0 });
  await promisify(execFile)(process.execPath, ["scripts/container.ts", folder], { cwd: ROOT });
  for (const name of ["data", "work"]) await mkdir(join(root, name));
  await writeFile(join(root, "work/router.yaml"), configuration());
  environment = {
    ...awsBindings(emulator),
    ROUTER_API_KEYS: `alice=${CLIENT_KEY},limited=${LIMITED_KEY}`,
    ROUTER_ADMIN_KEY: ADMIN_KEY,
    [UPSTREAM_KEY]: emulator.openaiKey,
    // A binding of the same name as one of its Durable Objects.
    KEYS: "nothing",
    "not-a-name": "nothing",
  };
}, BUILD_MS);
/** All that were started: a test that fails half-way leaves none behind. */
const started: ContainerProcess[] = [];
afterAll(async () => {
  for (const container of started) await container.end("SIGKILL");
  await emulator?.close();
  await rm(root, { recursive: true });
});

function configuration(): string {
  return `router:
  strategy: complexity
  tiers: [{ below: 20, model: nova }, { model: gpt }]
  deadline: 30s
keys:
  limited: { money_day: 5 }
llms:
  nova: { provider: bedrock, model: us.amazon.nova-lite-v1:0 }
  gpt: { provider: openai, model: emulated-small, base_url: "${emulator.openaiUrl}", api_key: "\${${UPSTREAM_KEY}}" }
`;
}

async function start(env: Readonly<Record<string, string>> = {}): Promise<ContainerProcess> {
  const container = await startContainer({
    folder,
    data: join(root, "data"),
    work: join(root, "work"),
    env: { ...environment, ALLOW_PRIVATE_NETWORKS: "yes", ...env },
  });
  started.push(container);
  return container;
}

async function ask(url: string, model: string, key = CLIENT_KEY, content = "Hello") {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content }] }),
  });
  return { status: response.status, body: asObject(await response.json()) };
}

describe("a container", () => {
  let container: ContainerProcess;
  beforeAll(async () => {
    container = await start();
  });
  afterAll(() => container?.end("SIGKILL"));

  it("answers with the models of the configuration beside it", async () => {
    expect(await ask(container.url, "nova")).toMatchObject({ status: 200, body: { model: "nova" } });
    expect(await ask(container.url, "gpt")).toMatchObject({ status: 200 });
    // By a strategy whose code is a module of its own.
    const route = await fetch(`${container.url}/v1/route`, {
      method: "POST",
      headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "auto", messages: [{ role: "user", content: "Hello" }] }),
    });
    expect(await route.json()).toMatchObject({ strategy: "complexity", model: "nova" });
  });

  it("serves the pages with the headers that they have on Cloudflare", async () => {
    const headers = await readFile(join(ROOT, "dist/pages/_headers"), "utf8");
    const wanted = [...headers.matchAll(/^ +([\w-]+): (.*)$/gm)].map(([, name = "", value]) => [name, value]);
    expect(wanted.map(([name]) => name)).toContain("content-security-policy");
    for (const path of ["/playground", "/console"].flatMap((page) => [
      page,
      `${page}/app.js`,
      `${page}/style.css`,
    ])) {
      const response = await fetch(container.url + path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(wanted.map(([name = ""]) => [name, response.headers.get(name)])).toEqual(wanted);
      const file = path.includes(".") ? path : `${path}.html`;
      expect(await response.text()).toBe(await readFile(join(ROOT, `dist/pages${file}`), "utf8"));
    }
    const page = await fetch(`${container.url}/playground`);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  });

  it("spares a browser what it has, and shows no folder and no file that is no page", async () => {
    const page = `${container.url}/playground`;
    const head = await fetch(page, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const again = await fetch(page, { headers: { "if-none-match": head.headers.get("etag") ?? "" } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    for (const path of ["/playground/", "/playground.html"]) {
      const response = await fetch(`${container.url}${path}?a=b`, { redirect: "manual" });
      expect([response.status, response.headers.get("location")]).toEqual([307, "/playground?a=b"]);
    }
    for (const path of ["/_headers", "/playground/../../router.capnp", "/constructor", "/playground/icon"]) {
      const response = await fetch(container.url + path, {
        headers: { authorization: `Bearer ${CLIENT_KEY}` },
      });
      expect([path, response.status]).toEqual([path, 404]);
    }
    // Of the router: no page takes anything.
    const posted = await fetch(page, { method: "POST", headers: { authorization: `Bearer ${CLIENT_KEY}` } });
    expect([posted.status, posted.headers.get("x-request-id")]).toEqual([404, expect.any(String)]);
  });

  it("writes no secret anywhere, and gives the isolate the memory of Cloudflare's", async () => {
    const written = globSync("work/**", { cwd: root, withFileTypes: true }).filter((entry) => entry.isFile());
    const texts = await Promise.all(
      written.map(({ parentPath, name }) => readFile(join(parentPath, name), "utf8")),
    );
    const config = texts.find((text) => text.includes("Workerd.Config")) ?? "";
    expect(config).toContain('v8Flags = ["--max-old-space-size=128"]');
    expect(config).toContain(`(name = "${UPSTREAM_KEY}", fromEnvironment = "${UPSTREAM_KEY}")`);
    expect(config).toContain('(name = "further/vectors.bin", data = embed "/worker/further/vectors.bin")');
    expect(config).not.toMatch(/@[A-Z]+@|not-a-name/);
    for (const secret of [CLIENT_KEY, ADMIN_KEY, emulator.openaiKey, emulator.credentials.secretAccessKey]) {
      expect(texts.filter((text) => text.includes(secret))).toEqual([]);
    }
  });
});

it("calls nobody in a private network unless it is told to", async () => {
  const container = await start({ ALLOW_PRIVATE_NETWORKS: "" });
  const before = emulator.requests.length;
  expect((await ask(container.url, "nova")).status).toBe(500);
  expect(emulator.requests.length).toBe(before);
  await container.end("SIGKILL");
});

it("completes an answer that is under way before it stops", async () => {
  const container = await start();
  const response = await fetch(`${container.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({
      model: "nova",
      stream: true,
      messages: [{ role: "user", content: "[[pace 20]] [[repeat 40 word]]" }],
    }),
  });
  const ended = container.end("SIGTERM");
  expect((await response.text()).endsWith("data: [DONE]\n\n")).toBe(true);
  await ended;
});

describe("what is stored", () => {
  it("is there again after a stop and a start: a session, a key and what it has used", async () => {
    const first = await start();
    const socket = await connect(first.url, { session: "kept" });
    await socket.send({ model: "nova", message: "My name is Ada." });
    await socket.turn();
    await socket.close();
    const made = await admin(first.url, { name: "bob", money_day: 1 });
    const key = asString(made.key);
    expect((await ask(first.url, "nova", key)).status).toBe(200);
    // What was held is settled a little later, and written with others.
    await eventually(() => reservations().length === 0, 30_000);
    const used = await usage(first.url, key);
    expect(used).toMatchObject({ day: { requests: 1 } });
    await first.end("SIGTERM");

    const second = await start();
    const again = await connect(second.url, { session: "kept" });
    await again.send({ model: "nova", message: "What is my name?" });
    expect(textOf(await again.turn())).toContain("Ada");
    await again.close();
    expect(await usage(second.url, key)).toEqual(used);
    await second.end("SIGTERM");
  });

  it("an alarm that was due while nothing ran goes off at the next start", async () => {
    const first = await start();
    const left = ask(first.url, "nova", LIMITED_KEY, "[[fault: hang]]").catch(() => "cut");
    const held = await eventually(() => reservations().find(({ unsettled }) => unsettled === 0));
    await first.end("SIGKILL");
    expect(await left).toBe("cut");
    // In the place of a minute of waiting: the alarm lies with the object and in the list of its class, in nanoseconds.
    const due = Date.now() - 1000;
    const alarm = BigInt(due) * 1_000_000n;
    edit(held.file, "UPDATE reservations SET due = ?", due);
    edit(held.file, "UPDATE _cf_METADATA SET value = ? WHERE key = 1", alarm);
    const list = "UPDATE _cf_ALARM SET scheduled_time = ? WHERE actor_id = ?";
    edit(join(dirname(held.file), "metadata.sqlite"), list, alarm, basename(held.file, ".sqlite"));

    const second = await start();
    // Nobody asks for the key: the alarm alone books what was never settled.
    const booked = await eventually(() =>
      reservations().find(({ id, unsettled }) => id === held.id && unsettled),
    );
    expect(booked.id).toBe(held.id);
    await second.end("SIGTERM");
  });
});

interface Reservation {
  readonly file: string;
  readonly id: string;
  readonly unsettled: number;
}

/** What is held of the money of all keys, as it lies on the disk. */
function reservations(): Reservation[] {
  return globSync("data/KeyAccount/*.sqlite", { cwd: root })
    .filter((name) => !name.endsWith("metadata.sqlite"))
    .flatMap((name) => {
      const file = join(root, name);
      const database = new DatabaseSync(file, { readOnly: true, timeout: LOCKED_MS });
      try {
        const exists = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'reservations'").all();
        if (exists.length === 0) return [];
        const rows = database.prepare("SELECT id, unsettled FROM reservations").all();
        return rows.map(({ id, unsettled }) => ({ file, id: String(id), unsettled: Number(unsettled) }));
      } finally {
        database.close();
      }
    });
}

/** Changes what lies on the disk while nothing runs. */
function edit(file: string, statement: string, ...values: readonly (number | bigint | string)[]): void {
  const database = new DatabaseSync(file, { timeout: LOCKED_MS });
  const { changes } = database.prepare(statement).run(...values);
  database.close();
  expect(Number(changes)).toBe(1);
}

async function admin(url: string, body: object) {
  const response = await fetch(`${url}/admin/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status).toBeLessThan(300);
  return asObject(await response.json());
}

async function usage(url: string, key: string) {
  const response = await fetch(`${url}/v1/usage`, { headers: { authorization: `Bearer ${key}` } });
  return asObject(await response.json());
}
