import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../scripts/local-worker.ts";
import { eventually } from "../../support/stack.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** Starting builds the Worker first; a busy machine takes its time. */
const START_MS = 60_000;

/** The environment without anything that the router would read. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const read = /^(AWS_|ROUTER_|npm_)|_API_KEY$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !read.test(name)));
}

/** Whether any process of a group is left. */
function isAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

// A developer's own .dev.vars would lead to their AWS account.
describe.skipIf(existsSync(join(ROOT, ".dev.vars")))("npm start", () => {
  let port: number;
  let npm: ChildProcess;
  let output = "";

  beforeAll(async () => {
    port = await freePort(0);
    // A process group of its own, so that what it leaves behind can be found.
    npm = spawn("npm", ["start"], {
      cwd: ROOT,
      env: { ...cleanEnvironment(), PORT: String(port) },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    for (const stream of [npm.stdout, npm.stderr]) stream?.on("data", (data) => (output += String(data)));
    await eventually(() => output.includes("Ctrl-C") || npm.exitCode !== null, START_MS);
  }, START_MS);
  afterAll(() => {
    if (npm?.pid !== undefined && isAlive(npm.pid)) process.kill(-npm.pid, "SIGKILL");
  });

  it("says where the router is, what it talks to and with which key", () => {
    expect(output).toContain(`http://127.0.0.1:${port}/v1`);
    expect(output).toMatch(/local Bedrock emulator/);
    expect(output).toMatch(/Client key +sk-local-[0-9a-f]{24}\n/);
    expect(output).toMatch(/Playground +http:\S+\/playground#key=sk-local-[0-9a-f]{24}\n/);
  });

  it("prints a command that streams an answer", async () => {
    const command = /^ +curl [\s\S]*?(?=\n\n)/m.exec(output)?.[0] ?? "";
    expect(command).toContain(`http://127.0.0.1:${port}/v1/chat/completions`);
    const { stdout } = await promisify(execFile)("bash", ["-c", command]);
    const events = stdout.split("\n\n");
    expect(events.slice(-2)).toEqual(["data: [DONE]", ""]);
    expect(events.slice(0, -2).join()).toContain('"delta":{"content":"');
    expect(stdout).not.toContain('"error"');
  });

  it("lets in nobody without the key", async () => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/models`);
    expect(response.status).toBe(401);
  });

  it("ends on SIGTERM and leaves no process", async () => {
    const { pid } = npm;
    if (pid === undefined) throw new Error("npm did not start");
    expect(isAlive(pid)).toBe(true);
    // To npm alone, as a service manager or an editor sends it.
    npm.kill("SIGTERM");
    await eventually(() => !isAlive(pid), 20_000);
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
  });
});
