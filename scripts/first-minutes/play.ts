/** Plays the newcomer: clone, install, start, the first stream, and then every block of the README as it is written there. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isShown } from "../../test/node/docs/printed.ts";
import { freePort } from "../local-worker.ts";
import { type Newcomer, newcomer, type Running } from "./newcomer.ts";
import { type Block, blocksOf } from "./readme.ts";

export interface Step {
  readonly what: string;
  readonly seconds: number;
  /** What went wrong; undefined where nothing did. */
  readonly problem: string | undefined;
}

const PORT = 8787;
/** The last words of what `npm start` says before it waits. */
const STARTED = "Ctrl-C stops it.";
const WARNING = /\bwarn(ing)?\b|deprecat/i;

/**
 * @param source The repository to clone: what is committed there counts.
 * @param tell Is given every step when it is over.
 */
export async function play(source: string, tell: (step: Step) => void): Promise<readonly Step[]> {
  const folder = mkdtempSync(join(tmpdir(), "first-minutes-"));
  const port = await freePort(PORT);
  // What the README says is true of a machine on which nobody has that port.
  const someone = newcomer(folder, port === PORT ? {} : { PORT: String(port) });
  const steps: Step[] = [];
  const step = async (what: string, work: () => Promise<string | undefined>) => {
    const begun = Date.now();
    const problem = await work().catch((thrown: unknown) => String(thrown));
    const done = { what, seconds: (Date.now() - begun) / 1000, problem };
    steps.push(done);
    tell(done);
    return problem === undefined;
  };
  const project = join(folder, "router");
  let started: Running | undefined;
  try {
    const cloned = await step("git clone", async () => {
      const { code, output } = await someone.run(`git clone --quiet "file://${source}" router`, folder);
      return code === 0 ? undefined : output;
    });
    if (!cloned) return steps;
    const blocks = blocksOf(readFileSync(join(project, "README.md"), "utf8"));
    const start = blocks.find(({ kind }) => kind === "start");
    const running = await step(start?.code.trim() ?? "no block says how to start it", async () => {
      started = await someone.runUntil(start?.code ?? "false", project, STARTED);
      return undefined;
    });
    if (!running || started === undefined) return steps;
    const said = started.output();
    await step("no warning was printed", async () => WARNING.exec(said)?.input);
    await step("the curl line that was printed streams", () => firstStream(someone, project, said));
    await tryBlocks(blocks, { someone, project, port, step });
    return steps;
  } finally {
    await started?.end();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function firstStream(someone: Newcomer, project: string, said: string): Promise<string | undefined> {
  const [command = "false"] = /^ +curl [\s\S]*?(?=\n\n)/m.exec(said) ?? [];
  const { stdout, output } = await someone.run(command, project);
  return /"content":".+"[\s\S]*\ndata: \[DONE\]\n\n$/.test(stdout) ? undefined : output;
}

interface Stage {
  readonly someone: Newcomer;
  readonly project: string;
  readonly port: number;
  readonly step: (what: string, work: () => Promise<string | undefined>) => Promise<boolean>;
}

async function tryBlocks(blocks: readonly Block[], stage: Stage): Promise<void> {
  /** What was typed into the terminal before. */
  let typed = "";
  for (const [at, block] of blocks.entries()) {
    const { kind, line, language, code } = block;
    const what = `README.md, line ${line}`;
    if (kind === "key") typed += code;
    const next = blocks[at + 1];
    const prints = next?.kind === "prints" ? next.code : undefined;
    if (kind === "run") await stage.step(`${what} runs`, () => tried(block, { ...stage, typed, prints }));
    if (kind === "check") await stage.step(`${what} is valid`, () => checked(block, stage));
    if (kind === "account")
      await stage.step(`${what} needs an account: its scripts are there`, () =>
        scriptsThere(code, stage.project),
      );
    if (kind === undefined)
      await stage.step(`${what}: ${language}`, async () => "nothing says whether it runs");
  }
}

interface Try extends Stage {
  readonly typed: string;
  readonly prints: string | undefined;
}

async function tried({ line, language, code }: Block, stage: Try): Promise<string | undefined> {
  const { someone, project, port, typed, prints } = stage;
  const written = port === PORT ? code : code.replaceAll(`127.0.0.1:${PORT}`, `127.0.0.1:${port}`);
  const file = `readme-${line}.${language}`;
  if (language !== "sh") writeFileSync(join(project, file), written);
  const command = `${typed}${language === "sh" ? written : `node ${file}`}`;
  const { code: status, stdout, output } = await someone.run(command, project);
  if (status !== 0 || stdout.trim() === "" || stdout.includes('"error"'))
    return output || "it prints nothing";
  return prints === undefined || isShown(stdout, prints) ? undefined : `it prints\n${stdout}`;
}

async function checked(
  { line, language, code }: Block,
  { someone, project }: Stage,
): Promise<string | undefined> {
  if (language === "json") {
    JSON.parse(code);
    return undefined;
  }
  const file = `readme-${line}.${language}`;
  writeFileSync(join(project, file), code);
  const { code: status, output } = await someone.run(`npm run -s config:check ${file}`, project);
  return status === 0 ? undefined : output;
}

/** Every `npm run` of the block is a script of the project. */
async function scriptsThere(code: string, project: string): Promise<string | undefined> {
  const manifest = readFileSync(join(project, "package.json"), "utf8");
  const named = [...code.matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name);
  const missing = named.filter((name) => !manifest.includes(`"${name}": "`));
  return missing.length === 0 ? undefined : `no script ${missing.join(", ")}`;
}
