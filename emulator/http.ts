/** From a connection to a script and back. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerMessages } from "./anthropic/handler.ts";
import { isAwsCaller, signedService } from "./bedrock/auth.ts";
import { answerControlPlane } from "./bedrock/control-plane.ts";
import { answerBedrock } from "./bedrock/handler.ts";
import { splitFaultPrefix } from "./faults.ts";
import type { RecordedRequest } from "./log.ts";
import { answerOpenAi } from "./openai/handler.ts";
import { play } from "./play.ts";
import { json, type Script } from "./script.ts";
import type { EmulatorState } from "./state.ts";
import { answerSts } from "./sts/handler.ts";
import { flatHeaders, parseJson, readBytes, type WireRequest } from "./wire.ts";

const CONTROL = "/_emulator/requests";

/** Serves one request. Never rejects. */
export async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  state: EmulatorState,
): Promise<void> {
  const target = request.url ?? "/";
  const method = request.method ?? "GET";
  if (target === CONTROL) return control(method, response, state);
  const record = state.log.open(method, target, flatHeaders(request));
  const signal = watch(response, record);
  try {
    const wire = await receive(request, target, record);
    await play(await route(wire, state), response, record, signal);
  } catch (thrown) {
    // `errored`: it left before it had sent its whole body.
    if (signal.aborted || request.errored) return;
    // A bug of the emulator; say so instead of looking like one of Bedrock's own failures.
    console.error(thrown);
    response.writeHead(500, { "content-type": "text/plain" });
    response.end(`The emulator failed: ${thrown}`);
  }
}

/** A signal that aborts when the client leaves before its answer is complete. */
function watch(response: ServerResponse, record: RecordedRequest): AbortSignal {
  const left = new AbortController();
  response.once("close", () => {
    if (record.outcome !== "pending") return;
    record.outcome = "aborted-by-client";
    left.abort();
  });
  return left.signal;
}

async function receive(
  request: IncomingMessage,
  target: string,
  record: RecordedRequest,
): Promise<WireRequest> {
  const bytes = await readBytes(request);
  const body = parseJson(bytes);
  record.body = body ?? (bytes.length > 0 ? bytes.toString("utf8") : undefined);
  const [path = "/", query = ""] = target.split("?", 2);
  const { spec, rest } = splitFaultPrefix(path);
  return {
    method: record.method,
    path,
    query,
    route: rest,
    faultSpec: spec,
    headers: record.headers,
    bytes,
    body,
    record,
  };
}

function route(wire: WireRequest, state: EmulatorState): Script | Promise<Script> {
  const below = (prefix: string): string | undefined =>
    wire.route.startsWith(`${prefix}/`) ? wire.route.slice(prefix.length) : undefined;
  if (below("/model") !== undefined) return answerBedrock(wire, state);
  if (wire.method === "GET" && ["/foundation-models", "/inference-profiles"].includes(wire.route)) {
    return answerControlPlane(wire, state);
  }
  if (wire.route === "/sts") return answerSts(wire, state);
  const mantle = signedService(wire) === "bedrock-mantle" || below("/mantle") !== undefined;
  const bedrockMessages = below("/anthropic/v1") ?? below("/mantle/anthropic/v1");
  if (bedrockMessages !== undefined) {
    return answerMessages(wire, bedrockMessages, mantle ? "mantle" : "runtime", state);
  }
  const anthropicApi = below("/anthropic-api/v1");
  if (anthropicApi !== undefined) return answerMessages(wire, anthropicApi, "anthropic", state);
  // The emulated upstream of others has its own key; whoever comes with one of AWS's means Bedrock.
  const keyed = below("/openai/v1");
  const host = mantle ? "mantle" : "runtime";
  if (keyed !== undefined)
    return answerOpenAi(wire, keyed, mantle || isAwsCaller(wire) ? host : "key", state);
  const onMantle = below("/v1") ?? below("/mantle/openai/v1") ?? below("/mantle/v1");
  if (onMantle !== undefined) return answerOpenAi(wire, onMantle, "mantle", state);
  const open = below("/local/v1");
  if (open !== undefined) return answerOpenAi(wire, open, "open", state);
  // Where the fault `redirect` points; whoever arrives here has followed it.
  if (wire.route === "/redirected") return json(200, { redirected: true });
  return json(404, { message: `The emulator has nothing at ${wire.route}.` });
}

/** What tests that cannot reach into this process use instead of `Emulator.requests`. */
function control(method: string, response: ServerResponse, state: EmulatorState): void {
  if (method === "DELETE") {
    state.log.clear();
    state.flaky.clear();
    state.sts.fault = undefined;
    response.writeHead(204).end();
    return;
  }
  if (method !== "GET") {
    response.writeHead(405, { allow: "GET, DELETE" }).end();
    return;
  }
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(state.log.requests));
}
