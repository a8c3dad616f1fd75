/** V8's inspector of a workerd process, https://chromedevtools.github.io/devtools-protocol/v8/Profiler/. */
import { once } from "node:events";
import { WebSocket } from "ws";

/** A place in the bundle; lines and columns count from 0. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** What is in a .cpuprofile file. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  /** The node of each sample, and the microseconds since the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Inspector {
  /** Samples what runs while `work` does. */
  profile(work: () => Promise<unknown>): Promise<CpuProfile>;
  close(): void;
}

const INTERVAL_US = 100;

/** Connects to the Worker that listens at an address given to workerd as `--inspector-addr`. */
export async function inspect(address: string): Promise<Inspector> {
  const socket = new WebSocket(await targetUrl(address), { maxPayload: 2 ** 30 });
  await once(socket, "open");
  const waiting = new Map<number, (message: { result?: unknown; error?: unknown }) => void>();
  socket.on("message", (data: Buffer) => {
    const message = JSON.parse(data.toString());
    waiting.get(message.id)?.(message);
  });
  let id = 0;
  const call = (method: string, params: object = {}) =>
    new Promise<unknown>((resolve, reject) => {
      id += 1;
      waiting.set(id, ({ result, error }) =>
        error === undefined ? resolve(result) : reject(new Error(`${method}: ${JSON.stringify(error)}`)),
      );
      socket.send(JSON.stringify({ id, method, params }));
    });
  await call("Profiler.enable");
  await call("Profiler.setSamplingInterval", { interval: INTERVAL_US });
  return {
    async profile(work) {
      await call("Profiler.start");
      await work();
      return profileOf(await call("Profiler.stop"));
    },
    close: () => socket.terminate(),
  };
}

async function targetUrl(address: string): Promise<string> {
  const targets: unknown = await (await fetch(`http://${address}/json`)).json();
  const first: unknown = Array.isArray(targets) ? targets[0] : undefined;
  if (typeof first === "object" && first !== null && "webSocketDebuggerUrl" in first) {
    return String(first.webSocketDebuggerUrl);
  }
  throw new Error(`no inspector at ${address}`);
}

function profileOf(value: unknown): CpuProfile {
  if (typeof value === "object" && value !== null && "profile" in value && isProfile(value.profile)) {
    return value.profile;
  }
  throw new Error("the inspector gave no profile");
}

function isProfile(value: unknown): value is CpuProfile {
  return (
    typeof value === "object" &&
    value !== null &&
    "nodes" in value &&
    "samples" in value &&
    "timeDeltas" in value
  );
}
