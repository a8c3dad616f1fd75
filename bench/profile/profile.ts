/** `npm run bench -- --profile`: CPU profiles of the router under load, and the functions that take most of it. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join } from "node:path";
import { freePort } from "../../scripts/local-worker.ts";
import { type Load, run } from "../support/load.ts";
import { openStage, type Stage } from "../support/stage.ts";
import { playName } from "../upstream/play.ts";
import { type CpuProfile, inspect } from "./inspector.ts";
import { selfTimes } from "./summary.ts";

const TOP = 20;

const LOADS: Readonly<Record<string, Load>> = {
  burst: streams(500, 0, 100, 4),
  "1ms": streams(500, 1, 40, 8),
  "20ms": streams(250, 20, 24, 24),
  messages: inDialect(streams(500, 0, 100, 4), "messages"),
  whole: {
    ask: { play: playName({ kind: "bedrock", events: 5, paceMs: 0 }), stream: false },
    answers: 3000,
    parallel: 16,
  },
  /** The first request of a process: nothing is compiled or configured yet. */
  first: streams(5, 0, 1, 1),
};

/** Profiles each load with a build that keeps names; writes `profile-LOAD.cpuprofile`, which browsers' tools open. */
export async function profile(folder: string, only: readonly string[]): Promise<void> {
  const loads = Object.entries(LOADS).filter(
    ([name]) => only.length === 0 || only.some((part) => name.includes(part)),
  );
  const stage = await openStage({ plays: [], readable: true });
  mkdirSync(folder, { recursive: true });
  try {
    const map = readFileSync(join(stage.routerFolder, "index.js.map"), "utf8");
    const sourceMap = new SourceMap(JSON.parse(map));
    for (const [name, load] of loads) {
      const cpuProfile = await profileOf(stage, load);
      const path = join(folder, `profile-${name}.cpuprofile`);
      writeFileSync(path, JSON.stringify(cpuProfile));
      console.log(`\n${name}: ${load.answers} answers, ${path}`);
      for (const { name, ms, share } of selfTimes(cpuProfile, sourceMap).slice(0, TOP)) {
        console.log(`${share.toFixed(1).padStart(5)} % ${ms.toFixed(1).padStart(8)} ms  ${name}`);
      }
    }
  } finally {
    await stage.close();
  }
}

/** In a process of its own, warm unless the load is a single request. */
async function profileOf(stage: Stage, load: Load): Promise<CpuProfile> {
  const address = `127.0.0.1:${await freePort(0)}`;
  const router = await stage.serveRouter("profile", stage.models([load.ask.play]), { inspector: address });
  const inspector = await inspect(address);
  if (load.answers > 1) await run(router, { ...load, answers: Math.ceil(load.answers / 4) });
  const cpuProfile = await inspector.profile(() => run(router, load));
  inspector.close();
  await router.close();
  return cpuProfile;
}

function inDialect(load: Load, dialect: Load["ask"]["dialect"]): Load {
  return { ...load, ask: { ...load.ask, dialect } };
}

function streams(events: number, paceMs: number, answers: number, parallel: number): Load {
  const ask = { play: playName({ kind: "bedrock", events, paceMs }), stream: true };
  return { ask, answers, parallel, staggerMs: paceMs > 1 ? paceMs / parallel : 0 };
}
