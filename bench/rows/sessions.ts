/** 100 idle WebSocket sessions: they hibernate, and the constructor running again at the next message shows it. */
import { pause, run, spentBy } from "../support/load.ts";
import { median } from "../support/rounds.ts";
import type { Served } from "../support/served.ts";
import { openSession, type SessionSocket } from "../support/sockets.ts";
import { playName } from "../upstream/play.ts";
import { type Line, pairLine, type Row, valueLine } from "./row.ts";

const PLAY = playName({ kind: "bedrock", events: 5, paceMs: 0 });
const SESSIONS = 100;
/** workerd puts an object to sleep that has had nothing to do for 10 s. */
const ASLEEP_MS = 12_000;
const REQUESTS = 500;

export const sessions: Row = {
  name: "sessions",
  rounds: 1,
  // Seconds of waiting for what tests show, too.
  optional: true,
  plays: [],
  async run(stage, { quick }) {
    const router = await stage.serveRouter("sessions", stage.models([PLAY]), { counting: true });
    const answers = quick ? REQUESTS / 4 : REQUESTS;
    const load = { ask: { play: PLAY, stream: true }, answers, parallel: 4 };
    const request = async () => {
      const runs: number[] = [];
      for (let left = 3; left > 0; left--) runs.push((await run(router, load)).cpuMs / answers);
      return median(runs);
    };
    await request();
    const without = await request();
    const startMiB = router.memoryMiB();
    const sockets = await Promise.all(Array.from({ length: SESSIONS }, () => openSession(router)));
    const lines = await liveOf(router, sockets, startMiB);
    const idle = { what: `HTTP beside ${SESSIONS} idle sessions: CPU`, unit: "ms/request", against: "none" };
    lines.push(pairLine(idle, await request(), without));
    await Promise.all(sockets.map((socket) => socket.close()));
    await router.close();
    return lines;
  },
};

/** A turn each, sleep, pings that wake nobody, another turn each. */
async function liveOf(router: Served, sockets: readonly SessionSocket[], startMiB: number): Promise<Line[]> {
  const turns = () => Promise.all(sockets.map((socket) => socket.turn(PLAY)));
  const what = (part: string) => `${SESSIONS} WebSocket sessions: ${part}`;
  await turns();
  const awake = await constructed(router);
  const second = await spentBy(router, turns);
  const idle = await spentBy(router, () => pause(ASLEEP_MS));
  const pongs = await Promise.all(sockets.map((socket) => socket.exchange("ping")));
  if (pongs.some((pong) => pong !== "pong")) throw new Error("a ping was not answered");
  const pinged = await constructed(router);
  const woken = await spentBy(router, turns);
  const again = (await constructed(router)) - pinged;
  const each = { of: "value", least: SESSIONS } as const;
  return [
    valueLine(what("constructors run at connecting"), "times", awake),
    valueLine(what("constructors run by pings after 12 s of idling"), "times", pinged - awake, {
      of: "value",
      most: 0,
    }),
    valueLine(what("constructors run again by the next turn: they slept"), "times", again, each),
    valueLine(what("CPU of a turn of 5 events, awake"), "ms/turn", second.cpuMs / SESSIONS),
    valueLine(what("CPU of a turn of 5 events, waking up"), "ms/turn", woken.cpuMs / SESSIONS),
    valueLine(what("CPU of 12 s of idling, falling asleep included"), "ms", idle.cpuMs),
    valueLine(what("memory of one"), "KiB", ((router.memoryMiB() - startMiB) * 1024) / SESSIONS),
  ];
}

async function constructed(router: Served): Promise<number> {
  return Number(await (await fetch(`${router.url}/constructed`)).text());
}
