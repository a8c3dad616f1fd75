/** A client that streams answers and asks for the router's health while another attacks. */
import { expect } from "vitest";
import { get, send } from "./client.ts";
import { BYSTANDER, type Walls } from "./harness.ts";

const WORDS = 60;
const PACE_MS = 10;
const HEALTH_PAUSE_MS = 50;
/**
 * The Worker's own CPU between a question for its health and the answer: the second that it may take. What a busy machine
 * adds is not the Worker's.
 */
const HEALTH_CPU_MS = 1000;
const QUESTION = `[[repeat ${WORDS} word]] [[pace ${PACE_MS}]] Go on`;

/** What a client saw: each of its streams, and the dearest of its questions for the health. */
export interface Seen {
  readonly streams: number;
  readonly healths: number;
  readonly dearestHealthMs: number;
}

/**
 * Streams and asks until the attack is over, at least one whole stream long.
 * @returns what it saw; fails where a stream is not whole, or the health comes too late.
 */
export async function beside(walls: Walls, attack: () => Promise<void>): Promise<Seen> {
  let over = false;
  // The stream is there before the attack begins.
  const attacked = new Promise((resolve) => setTimeout(resolve, 20 * PACE_MS)).then(attack).finally(() => {
    over = true;
  });
  const all = [streaming(walls, () => over), asking(walls, () => over), attacked] as const;
  await Promise.allSettled(all);
  expect(walls.served.isAlive(), walls.served.errors()).toBe(true);
  const [streams, health] = await Promise.all(all);
  return { streams, ...health };
}

async function streaming(walls: Walls, over: () => boolean): Promise<number> {
  let streams = 0;
  do {
    const body = { model: "claude", stream: true, messages: [{ role: "user", content: QUESTION }] };
    const { status, text } = await send(walls, BYSTANDER, JSON.stringify(body));
    expect([status, text.endsWith("data: [DONE]\n\n")], text.slice(-500)).toEqual([200, true]);
    expect(text.match(/"content":"word "/g)).toHaveLength(WORDS);
    streams += 1;
  } while (!over());
  return streams;
}

async function asking(walls: Walls, over: () => boolean): Promise<Omit<Seen, "streams">> {
  let healths = 0;
  let dearestHealthMs = 0;
  do {
    const before = walls.served.cpuMs();
    const { status, text } = await get(walls, "/health");
    const used = walls.served.cpuMs() - before;
    expect([status, JSON.parse(text)]).toEqual([200, { status: "ok" }]);
    expect(used).toBeLessThan(HEALTH_CPU_MS);
    dearestHealthMs = Math.max(dearestHealthMs, used);
    healths += 1;
    await new Promise((resolve) => setTimeout(resolve, HEALTH_PAUSE_MS));
  } while (!over());
  return { healths, dearestHealthMs };
}
