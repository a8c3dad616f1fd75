/** Claude Code, headless: the tool loop of a real agent, on a model of every kind. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLIENT_KEY, type Stack } from "../support/stack.ts";
import { install, isMusl, newPlace, type Place, type Ran, runClient } from "./client.ts";
import { MODELS, sentSince, startModels, task } from "./models.ts";

const VERSION = "2.1.332";

let stack: Stack;
let program: string;
beforeAll(async () => {
  const modules = await install("@anthropic-ai/claude-code", VERSION);
  const system = `${process.platform}-${process.arch}${process.platform === "linux" && isMusl() ? "-musl" : ""}`;
  program = join(modules, `@anthropic-ai/claude-code-${system}`, "claude");
  stack = await startModels();
}, 600_000);
afterAll(() => stack?.close());

function claude(place: Place, model: string, ...args: string[]): Promise<Ran> {
  return runClient(program, [...args, "--model", model, "--dangerously-skip-permissions"], place, {
    ANTHROPIC_BASE_URL: stack.url,
    ANTHROPIC_AUTH_TOKEN: CLIENT_KEY,
    ANTHROPIC_MODEL: model,
    ANTHROPIC_SMALL_FAST_MODEL: model,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
    // It asks for no permission here, which it refuses to root outside of a sandbox.
    IS_SANDBOX: "1",
  });
}

describe.each(MODELS)("Claude Code on %s", (model) => {
  it("does a task of three steps, with two calls at once, an image and a step that fails", async () => {
    const place = newPlace();
    const from = stack.emulator.requests.at(-1)?.startedAt ?? -1;
    const bash = (command: string) => ({ name: "Bash", input: { command, description: "A step" } });
    const read = { name: "Read", input: { file_path: join(place.work, "pixel.png") } };
    const { code, stdout, stderr } = await claude(place, model, "-p", task(bash, read));
    place.remove();
    expect(`${stdout}\n${stderr}`).toContain("step-3");
    expect(code).toBe(0);
    const sent = sentSince(stack, from + 1).map(({ body, status }) => ({
      status,
      text: JSON.stringify(body),
    }));
    expect(sent.map(({ status }) => status)).not.toContain(400);
    const last = sent.at(-1)?.text ?? "";
    for (const words of ["step-1", "step-2", "step-3"]) expect(last).toContain(words);
    // The image is there, wherever the model wants it.
    expect(sent.some(({ text }) => text.includes("iVBORw0KGgo"))).toBe(true);
  });

  it("goes on with a conversation that it has shortened", async () => {
    const place = newPlace();
    expect((await claude(place, model, "-p", "Remember the word banana.")).code).toBe(0);
    expect((await claude(place, model, "-p", "--continue", "/compact")).code).toBe(0);
    const { code, stdout } = await claude(place, model, "-p", "--continue", "Hello again");
    place.remove();
    expect([code, stdout]).toEqual([0, expect.stringContaining("Hello again")]);
  });
});
