/** Runs what the documentation says can be run, as it is written there. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { type Emulator, startEmulator } from "../../../emulator/index.ts";
import { loadConfig } from "../../../src/config/text.ts";
import type { Target } from "../../../src/target.ts";
import { familyProblem } from "../../../src/families/index.ts";
import { awsBindings, CLIENT_KEY, type Stack, startStack } from "../../support/stack.ts";
import { type Block, type Chapter, type Example, ROOT, readPage, readPages } from "./pages.ts";
import { isShown, isShownJson } from "./printed.ts";

/** Where the pages say that `npm start` answers. */
const DOCUMENTED_URL = /(?<=https?:\/\/|wss?:\/\/)127\.0\.0\.1:8787\b/g;

/** Models that parts of a configuration may mention without configuring them. */
const MODELS = {
  "claude-sonnet": { provider: "bedrock", model: "global.anthropic.claude-sonnet-4-5-20250929-v1:0" },
  "claude-haiku": { provider: "bedrock", model: "global.anthropic.claude-haiku-4-5-20251001-v1:0" },
  nova: { provider: "bedrock", model: "us.amazon.nova-lite-v1:0" },
};

const COMMANDS: Readonly<Record<string, (code: string) => readonly [string, ...string[]]>> = {
  sh: (code) => ["bash", "-euo", "pipefail", "-c", code],
  js: (code) => [process.execPath, "--input-type=module", "--eval", code],
  ts: (code) => [process.execPath, "--input-type=module-typescript", "--eval", code],
};

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({ paceMs: 0 });
});
afterAll(() => emulator?.close());

/** Runs an example against the stack; gives what it printed. */
async function run({ language, code }: Block, { url }: Stack): Promise<string> {
  const command = COMMANDS[language];
  if (!command) throw new Error(`no idea how to run ${language}`);
  const [program, ...args] = command(code.replaceAll(DOCUMENTED_URL, new URL(url).host));
  const env = { PATH: process.env.PATH, KEY: CLIENT_KEY };
  const { stdout, stderr } = await promisify(execFile)(program, args, { cwd: ROOT, env, timeout: 25_000 });
  // curl tells there how far it is.
  if (language !== "sh") expect(stderr).toBe("");
  return stdout;
}

function expectShown(printed: string, { language, code }: Block): void {
  if (language === "json") {
    const same = isShownJson(JSON.parse(printed), JSON.parse(code));
    // The difference is easier to read than "false".
    if (!same) expect(JSON.stringify(JSON.parse(printed), null, 2)).toBe(code);
  } else if (!isShown(printed, code)) expect(printed).toBe(code);
}

async function expectRuns(example: Example, stack: Stack): Promise<void> {
  const printed = await run(example, stack);
  expect(printed).not.toBe("");
  if (example.prints) expectShown(printed, example.prints);
  else expect(printed).not.toContain('"error"');
}

/** Loads as the Worker does; gives the warnings. */
function warningsOf(yaml: string): readonly string[] {
  const problem = (target: Target) => (target.kind === "bedrock" ? familyProblem(target) : undefined);
  return loadConfig(yaml, () => "set", { target: problem }).warnings;
}

function chapterTests(file: string, { config, examples }: Chapter): void {
  const place = config ? `the configuration of line ${config.line}` : "the default configuration";
  describe(`${file} with ${place}`, () => {
    it("is valid", () => {
      if (config) expect(warningsOf(config.code)).toEqual([]);
    });
    if (examples.length === 0) return;
    let stack: Stack;
    beforeAll(async () => {
      const yaml = config?.code ?? readFileSync(join(ROOT, "config/router.yaml"), "utf8");
      stack = await startStack({ emulator, config: () => parse(yaml), bindings: awsBindings });
    });
    afterAll(() => stack?.close());
    for (const example of examples) {
      it(`line ${example.line} runs`, () => expectRuns(example, stack));
    }
  });
}

function checkTest(file: string, { line, language, code }: Block): void {
  it(`${file}, line ${line} is valid ${language}`, () => {
    if (language === "json") JSON.parse(code);
    else expect(warningsOf(stringify({ llms: MODELS, ...parse(code) }))).toEqual([]);
  });
}

const pages = readPages();
for (const { file, chapters, checks } of pages) {
  for (const chapter of chapters) chapterTests(file, chapter);
  for (const block of checks) checkTest(file, block);
}

it("the pages have examples", () => {
  const examples = pages.flatMap(({ chapters }) => chapters.flatMap((chapter) => chapter.examples));
  expect(examples.length).toBeGreaterThan(10);
});

describe("marks", () => {
  const block = (mark: string, language: string, code: string) =>
    `<!-- ${mark} -->\n\`\`\`${language}\n${code}\n\`\`\`\n`;

  it("belong to the block below; unmarked ones are left alone", () => {
    const text = `# A\n\n\`\`\`sh\nrm\n\`\`\`\n\n${block("run", "sh", "echo a")}\n${block("prints", "text", "a")}`;
    expect(readPage("a.md", text).chapters).toEqual([
      {
        config: undefined,
        examples: [
          {
            line: 9,
            language: "sh",
            code: "echo a\n",
            prints: { line: 14, language: "text", code: "a\n" },
          },
        ],
      },
    ]);
  });

  it("of a configuration begin a chapter", () => {
    const text =
      block("run", "sh", "echo a") + block("config", "yaml", "a: 1") + block("run", "sh", "echo b");
    const { chapters } = readPage("a.md", text);
    expect(chapters.map(({ config, examples }) => [config?.code, examples.length])).toEqual([
      [undefined, 1],
      ["a: 1\n", 1],
    ]);
  });

  it("of output without a program are refused", () => {
    expect(() => readPage("a.md", block("prints", "text", "a"))).toThrow(/a\.md, line 3/);
  });
});

describe("what is printed", () => {
  it.each([
    ["a b c", "a … c", true],
    ["a b c\n", "a b c", true],
    ["a\nb\nc", "a\n…\nc", true],
    ["a b d", "a … c", false],
    ["a.c", "a…c", true],
    ["abc", "a.c", false],
  ])("%j is shown by %j: %s", (printed, shown, same) => expect(isShown(printed, shown)).toBe(same));

  it.each([
    [{ a: 1, b: [2] }, { a: 1, b: [2] }, true],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1 }, { a: 2 }, false],
    [{ created: 1 }, { created: 2 }, true],
    [{ a: { b: 1 } }, { a: "…" }, true],
    [{ id: "chatcmpl-1" }, { id: "chatcmpl-…" }, true],
    [[1, 2], [1], false],
    [null, null, true],
    [null, {}, false],
  ])("%j is shown by %j: %s", (printed, shown, same) => expect(isShownJson(printed, shown)).toBe(same));
});
