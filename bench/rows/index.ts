/** The rows of the bench, in the order in which they run. */
import { backPressure } from "./back-pressure.ts";
import { bodySize } from "./body-size.ts";
import { delay } from "./delay.ts";
import { embeddings } from "./embeddings.ts";
import { firstByte } from "./first-byte.ts";
import { floor } from "./floor.ts";
import { keyLimits } from "./key-limits.ts";
import { longStream } from "./long-stream.ts";
import { meaning } from "./meaning.ts";
import { messages } from "./messages.ts";
import { models } from "./models.ts";
import { nonStreaming } from "./non-streaming.ts";
import { responses } from "./responses.ts";
import { roles } from "./roles.ts";
import { roundRobin } from "./round-robin.ts";
import type { Row } from "./row.ts";
import { sessions } from "./sessions.ts";
import { start } from "./start.ts";
import { sticky } from "./sticky.ts";
import { streamRow } from "./streams.ts";
import { websocket } from "./websocket.ts";

export const ROWS: readonly Row[] = [
  streamRow({
    name: "bedrock-burst",
    title: "Bedrock stream, burst",
    kind: "bedrock",
    paceMs: 0,
    against: "loop",
    target: 0.7,
    rounds: 7,
    long: { events: 500, answers: 40, parallel: 4 },
    short: { events: 50, answers: 80, parallel: 4 },
  }),
  streamRow({
    name: "bedrock-1ms",
    title: "Bedrock stream, 1 ms",
    kind: "bedrock",
    paceMs: 1,
    against: "loop",
    target: 1.15,
    rounds: 5,
    long: { events: 500, answers: 16, parallel: 8 },
    short: { events: 50, answers: 64, parallel: 8 },
  }),
  streamRow({
    name: "bedrock-20ms",
    title: "Bedrock stream, 20 ms",
    kind: "bedrock",
    paceMs: 20,
    against: "loop",
    target: 1.2,
    rounds: 2,
    long: { events: 500, answers: 24, parallel: 24 },
    short: { events: 50, answers: 48, parallel: 24 },
  }),
  delay,
  // Relayed, and read on the way for its usage, its end and its silences.
  streamRow({
    name: "openai-burst",
    title: "OpenAI-compatible stream, burst",
    kind: "openai",
    paceMs: 0,
    against: "loop",
    target: 1.1,
    rounds: 3,
    long: { events: 500, answers: 120, parallel: 4 },
    short: { events: 50, answers: 160, parallel: 4 },
  }),
  streamRow({
    name: "openai-1ms",
    title: "OpenAI-compatible stream, 1 ms",
    kind: "openai",
    paceMs: 1,
    against: "loop",
    target: 1.1,
    rounds: 3,
    long: { events: 500, answers: 16, parallel: 8 },
    short: { events: 50, answers: 64, parallel: 8 },
  }),
  messages,
  responses,
  embeddings,
  meaning,
  firstByte,
  nonStreaming,
  longStream,
  bodySize,
  roundRobin,
  keyLimits,
  roles,
  sticky,
  websocket,
  start,
  models,
  sessions,
  backPressure,
  floor,
];
