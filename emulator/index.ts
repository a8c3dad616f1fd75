/**
 * A local Amazon Bedrock that speaks the real protocol for Claude models, and a small OpenAI-compatible upstream beside
 * it. See docs of the single parts: bedrock/ (signatures, errors, frames), families/ (what a model accepts and says),
 * openai/, sts/ (roles and their sessions), faults.ts (what can be made to go wrong).
 */
import { once } from "node:events";
import { createServer } from "node:http";
import {
  ANTHROPIC_KEY,
  type AwsCredentials,
  BEARER_TOKEN,
  EXPIRED,
  LONG_TERM,
  OPENAI_KEY,
  TEMPORARY,
} from "./credentials.ts";
import { serve } from "./http.ts";
import { type RecordedRequest, RequestLog } from "./log.ts";
import { PromptCache } from "./prompt-cache.ts";
import type { EmulatorState } from "./state.ts";
import { Sts } from "./sts/sessions.ts";

export type { AwsCredentials } from "./credentials.ts";
export type { Outcome, RecordedRequest } from "./log.ts";

export interface EmulatorOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Milliseconds between stream events; the default reads like a person's pace. */
  readonly paceMs?: number;
  /** STS gives the credentials of every role that it does not know, see sts/sessions.ts. Default false. */
  readonly anyRole?: boolean;
}

export interface Emulator {
  /** `http://host:port`: the Bedrock endpoint. Append `/@fault` to make every call through it fail that way. */
  readonly url: string;
  /** Base URL of the OpenAI-compatible upstream that wants `openaiKey`. */
  readonly openaiUrl: string;
  /** Base URL of the one that wants no key. */
  readonly localUrl: string;
  readonly credentials: AwsCredentials;
  /** Accepted together with their session token. */
  readonly temporaryCredentials: Required<AwsCredentials>;
  /** Known, but expired. */
  readonly expiredCredentials: Required<AwsCredentials>;
  /** `http://host:port/sts`: AWS's Security Token Service. */
  readonly stsUrl: string;
  /** What it has given, whom it trusts, and what goes wrong with it. */
  readonly sts: Sts;
  readonly bearerToken: string;
  readonly openaiKey: string;
  /** Base URL of an emulated api.anthropic.com, without `/v1`; wants `anthropicKey` as `x-api-key`. */
  readonly anthropicUrl: string;
  readonly anthropicKey: string;
  /** What arrived, oldest first; the same list all the time. */
  readonly requests: RecordedRequest[];
  /** Ends the server and every connection. */
  close(): Promise<void>;
}

const DEFAULT_PACE_MS = 20;
// Longer than clients keep idle connections: otherwise one may be closed just as the next request is sent on it.
const KEEP_ALIVE_MS = 120_000;

/** Starts an emulator. Rejects if the port is taken. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, host = "127.0.0.1", paceMs = DEFAULT_PACE_MS, anyRole } = options;
  const log = new RequestLog();
  const sts = new Sts(anyRole);
  const now = () => Date.now();
  const state: EmulatorState = { log, flaky: new Map(), sts, cache: new PromptCache(), paceMs, now };
  const server = createServer((request, response) => void serve(request, response, state));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = 0;
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${actual}`;
  return {
    url,
    openaiUrl: `${url}/openai/v1`,
    localUrl: `${url}/local/v1`,
    credentials: LONG_TERM,
    temporaryCredentials: TEMPORARY,
    expiredCredentials: EXPIRED,
    stsUrl: `${url}/sts`,
    sts,
    bearerToken: BEARER_TOKEN,
    openaiKey: OPENAI_KEY,
    anthropicUrl: `${url}/anthropic-api`,
    anthropicKey: ANTHROPIC_KEY,
    requests: log.requests,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
