import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../scripts/local-worker.ts";
import { eventually } from "../../support/stack.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** Starting builds the Worker first; a busy machine takes its time. */
const START_MS = 150_000;

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
  let folder: string;
  let config: string;

  beforeAll(async () => {
    port = await freePort(0);
    folder = await mkdtemp(join(tmpdir(), "start-"));
    config = join(folder, "router.yaml");
    await writeFile(config, await readFile(join(ROOT, "config/router.yaml")));
    // A process group of its own, so that what it leaves behind can be found.
    npm = spawn("npm", ["start", "--", "--config", config], {
      cwd: ROOT,
      env: { ...cleanEnvironment(), PORT: String(port) },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    for (const stream of [npm.stdout, npm.stderr]) stream?.on("data", (data) => (output += String(data)));
    await eventually(() => output.includes("Ctrl-C") || npm.exitCode !== null, START_MS);
  }, START_MS);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    if (npm?.pid !== undefined && isAlive(npm.pid)) process.kill(-npm.pid, "SIGKILL");
  });

  it("says where the router is, what it talks to and with which key", () => {
    expect(output).toContain(`http://127.0.0.1:${port}/v1`);
    expect(output).toMatch(/claude-haiku +\S+, local emulator\n/);
    expect(output).toContain("bills nothing");
    expect(output).not.toContain("cost money");
    expect(output.indexOf("Building the Worker")).toBeLessThan(output.indexOf("Client key"));
    // Of Node, npm and Wrangler.
    expect(output).not.toMatch(/warn/i);
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

  /** The model that answers, asked with the key that was printed. */
  const ask = async (model: string) => {
    const key = /sk-local-[0-9a-f]{24}/.exec(output)?.[0];
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] }),
    });
    return { status: response.status, strategy: response.headers.get("x-router-strategy") };
  };

  it("prints a line a request, without a price that nobody pays", async () => {
    expect(await ask("claude-haiku")).toMatchObject({ status: 200 });
    const line = await eventually(() => /^.* 200 +chat +claude-haiku .*$/m.exec(output)?.[0]);
    expect(line).toMatch(
      /^\d\d:\d\d:\d\d {2}200 {2}chat +claude-haiku {2}.*all \d+\.\d\d s {2}\d+ → \d+ tokens$/,
    );
  });

  it("takes up a changed configuration, and keeps the one it has where the new one is wrong", async () => {
    const text = await readFile(config, "utf8");
    await writeFile(config, text.replace("strategy: random", "strategy: nonsense"));
    await eventually(() => output.includes('"nonsense" is not valid') && output.includes("goes on"), 20_000);
    expect(await ask("auto")).toEqual({ status: 200, strategy: "random" });
    await writeFile(config, text.replace("strategy: random", "strategy: round_robin"));
    await eventually(() => output.includes("The configuration was taken up."), 20_000);
    expect(await ask("auto")).toEqual({ status: 200, strategy: "round_robin" });
  });

  it("routes by meaning without an account: it makes the vectors with the emulator's embedding model", async () => {
    const example = await readFile(join(ROOT, "config/examples/semantic.yaml"), "utf8");
    const takenUp = () => output.split("The configuration was taken up.").length;
    const before = takenUp();
    // A loaded machine is slow.
    await writeFile(config, example.replace("  threshold:", "  embedding_timeout: 20s\n  threshold:"));
    await eventually(() => takenUp() > before, 60_000);
    expect(output).toContain("Making the vectors of 24 texts with the emulator's embedding model");
    expect(await ask("auto")).toEqual({ status: 200, strategy: "semantic" });
  }, 90_000);

  it.each([
    [["--port", "0"], "--port must be a port"],
    [["--prot", "80"], "'--prot'"],
    [["--config", "nowhere.yaml"], "nowhere.yaml cannot be read"],
  ])("%j is refused with a sentence", async (args, sentence) => {
    const run = promisify(execFile)(process.execPath, ["scripts/start.ts", ...args], {
      cwd: ROOT,
      env: cleanEnvironment(),
    });
    const failed: unknown = await run.catch((thrown: unknown) => thrown);
    expect(failed).toMatchObject({ code: expect.toSatisfy((code) => code === 1 || code === 2) });
    const { stdout, stderr } = Object(failed);
    expect(`${stdout}${stderr}`).toContain(sentence);
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
