/** Nothing that one client sends may hurt another: each attack alone, and sixteen of it at once. */
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Attack, ATTACKS } from "./attacks.ts";
import { beside } from "./bystander.ts";
import { SOCKET_ATTACKS } from "./socket-attacks.ts";
import { startWalls, type Walls } from "./harness.ts";

const AT_ONCE = 16;
const TIMEOUT_MS = 300_000;

let started: Walls | undefined;
beforeAll(async () => {
  started = await startWalls();
}, 120_000);
afterAll(() => started?.close());

/** Attacks beside another client, which has to see whole streams. */
async function attack(walls: Walls | undefined, run: Attack["run"], count: number): Promise<void> {
  if (!walls) throw new Error("not started");
  const seen = await beside(walls, async () => {
    await Promise.all(Array.from({ length: count }, () => run(walls)));
  });
  expect(seen.streams).toBeGreaterThan(0);
}

const COUNTS = [
  ["alone", 1],
  [`${AT_ONCE} at once`, AT_ONCE],
] as const;

describe.each(ATTACKS)("another client streams on beside $name", ({ run }) => {
  it.each(COUNTS)("%s", (_, count) => attack(started, run, count), TIMEOUT_MS);
});

describe.each(SOCKET_ATTACKS)("another client streams on beside $name", ({ run }) => {
  // Sessions outlive their sockets: what one attack leaves under way is not to be in the way of the next.
  let own: Walls | undefined;
  beforeEach(async () => {
    own = await startWalls();
  }, 120_000);
  afterEach(() => own?.close());

  it.each(COUNTS)("%s", (_, count) => attack(own, run, count), TIMEOUT_MS);
});

/** Says what Node's own client would not let through; gives the whole answer. */
function raw(port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => (answer += text));
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
    socket.write(`GET /v1/models HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
}

describe("a Host header", () => {
  it.each([
    "two words",
    "me@localhost",
    "localhost:99999",
    "[::1",
    "host/path",
    "host?query",
    "%zz",
    "1.2.3.4.5",
  ])("that is %j is a 400, before anything else, without a stack", async (host) => {
    const [head = "", body = ""] = (await raw(started?.served.port ?? 0, host)).split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 400 /);
    expect(body).toContain('"code":"invalid_value"');
    expect(body).toContain("The Host header does not name a host");
  });

  it.each(["localhost", "router.example:8787", "[::1]:8787"])("may be %j", async (host) => {
    expect(await raw(started?.served.port ?? 0, host)).toMatch(/^HTTP\/1\.1 401 /);
  });
});
