/**
 * Faults on demand. A fault is chosen by a path prefix (`/@throttle:3/model/...`, so a base URL is enough to select it)
 * or by a directive in the newest user text (`[[fault: throttle 3]]`). This file knows how faults are named and the
 * ones of the transport, which fit any answer; what only Bedrock or only OpenAI does is told by their own tables.
 */
import { type Script, type Step, whole } from "./script.ts";

export interface Fault {
  readonly name: string;
  readonly argument: string;
}

const SPEC = /^\s*([\w.-]+)(?:[:\s]\s*(.*))?$/s;
// `flaky-2:throttle` fails twice, then works; a label (`flaky-2.a:throttle`) gives a test its own counter.
const FLAKY = /^flaky-(\d+)(?:\.[\w-]+)?$/;

/** How often each flaky address has failed. Cleared together with the request log. */
export type FlakyCounters = Map<string, number>;

/** Splits `/@name:argument/rest`; without such a prefix the path is the rest. */
export function splitFaultPrefix(path: string): { spec: string | undefined; rest: string } {
  const match = /^\/@([^/]+)(\/.*)?$/s.exec(path);
  return match
    ? { spec: decodeURIComponent(match[1] ?? ""), rest: match[2] ?? "/" }
    : { spec: undefined, rest: path };
}

/**
 * The fault that `spec` (`name`, `name:argument` or `name argument`) means for this call. `key` is what a flaky fault
 * counts by. Undefined for `ok` and for a flaky fault that has failed often enough.
 */
export function resolveFault(
  spec: string | undefined,
  key: string,
  counters: FlakyCounters,
): Fault | undefined {
  const match = SPEC.exec(spec ?? "");
  const name = match?.[1];
  if (name === undefined || name === "ok") return undefined;
  const argument = match?.[2]?.trim() ?? "";
  const failures = FLAKY.exec(name)?.[1];
  if (failures === undefined) return { name, argument };
  const counter = `${name} ${key}`;
  const failed = counters.get(counter) ?? 0;
  if (failed >= Number(failures)) return undefined;
  counters.set(counter, failed + 1);
  return resolveFault(argument, key, counters);
}

/** `argument` as milliseconds or seconds, else the default. */
export function numberOr(argument: string, otherwise: number): number {
  return /^\d+$/.test(argument) ? Number(argument) : otherwise;
}

const HANG: Step = { kind: "hang" };
const RESET: Step = { kind: "reset" };
// Long enough for the kernel to hand what was written to the reader: a RST discards what is still on its way.
const BEFORE_RESET: Step = { kind: "wait", ms: 30 };
const DEFAULT_SLOW_MS = 1000;

/** Faults of the connection; each turns the answer that would have been given into what arrives. */
export const TRANSPORT_FAULTS: ReadonlyMap<string, (script: Script, argument: string) => Script> = new Map([
  ["hang", () => [HANG]],
  ["hang-mid", (script: Script) => [...firstHalf(script, false), HANG]],
  ["slow", (script: Script, ms: string) => [{ kind: "wait", ms: numberOr(ms, DEFAULT_SLOW_MS) }, ...script]],
  ["drip", (script: Script, ms: string) => drip(script, numberOr(ms, 0))],
  ["cut", (script: Script) => withoutLength(firstHalf(script, true))],
  ["cut-clean", (script: Script) => withoutLength(firstHalf(script, false))],
  ["reset", () => [RESET]],
  ["reset-mid", (script: Script) => [...firstHalf(script, true), BEFORE_RESET, RESET]],
]);

const HTML = "<html><head><title>Error</title></head><body><h1>Not the service you wanted</h1></body></html>";

/** Answers that come from something in between rather than from the service. */
export const GATEWAY_FAULTS: ReadonlyMap<string, (origin: string, argument: string) => Script> = new Map([
  ["wrong-type", () => whole(200, HTML, "text/html")],
  ["error-html", () => whole(502, HTML, "text/html")],
  [
    "redirect",
    (origin: string, status: string) =>
      whole(numberOr(status, 307), "", "text/html", { location: `${origin}/redirected` }),
  ],
]);

/**
 * The head and the first half of what would be written: whole writes, then, with `insideFrame`, half of the next one.
 * An answer of a single write is always cut inside.
 */
function firstHalf(script: Script, insideFrame: boolean): Step[] {
  const total = script.filter((step) => step.kind === "write").length;
  const keep = total === 1 ? 0 : Math.ceil(total / 2);
  const steps: Step[] = [];
  let written = 0;
  for (const step of script) {
    if (step.kind !== "write") {
      steps.push(step);
    } else if (written < keep) {
      steps.push(step);
      written += 1;
    } else {
      if (insideFrame || total === 1) {
        steps.push({ kind: "write", bytes: step.bytes.subarray(0, step.bytes.length >> 1), frame: false });
      }
      break;
    }
  }
  return steps;
}

/** Announces no length: HTTP itself would show that something is missing. */
function withoutLength(script: Script): Step[] {
  return script.map((step) => {
    if (step.kind !== "head") return step;
    const { "content-length": _, ...headers } = step.headers;
    return { ...step, headers };
  });
}

/** Every write in pieces of 1 to 7 bytes; the sizes look random but are the same each time. */
function drip(script: Script, ms: number): Step[] {
  let seed = 1;
  const size = (): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return 1 + (Math.floor(seed / 65536) % 7);
  };
  return script.flatMap((step): Step[] => {
    if (step.kind !== "write") return [step];
    const pieces: Step[] = [];
    for (let from = 0; from < step.bytes.length; ) {
      const to = Math.min(from + size(), step.bytes.length);
      const last = to === step.bytes.length;
      pieces.push({ kind: "write", bytes: step.bytes.subarray(from, to), frame: step.frame && last });
      if (!last) pieces.push({ kind: "wait", ms });
      from = to;
    }
    return pieces;
  });
}
