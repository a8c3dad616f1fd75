/** A small OpenAI-compatible upstream: chat completions and the list of models. */
import { compose } from "../answer/compose.ts";
import { readDirectives } from "../answer/directives.ts";
import { OPENAI_KEY } from "../credentials.ts";
import { answerEmbeddings, answerRerank } from "../embeddings/openai.ts";
import { type Fault, GATEWAY_FAULTS, resolveFault, TRANSPORT_FAULTS } from "../faults.ts";
import { asObject, asString, isObject, type JsonObject, objectsIn, stringsIn } from "../json.ts";
import { json, type Script, streamed } from "../script.ts";
import type { EmulatorState } from "../state.ts";
import type { WireRequest } from "../wire.ts";
import { badRequest, errorScript, type OpenAiError } from "./errors.ts";
import { ERROR_FAULTS, errorMid } from "./faults.ts";
import { questionIn, readConversation } from "./read.ts";
import * as responses from "./responses.ts";
import { type OpenAiHost, refuseBody, refuseCaller } from "./surfaces.ts";
import { type Completion, chunksOf, promptTokensIn, wholeCompletion } from "./shape.ts";

const MODELS = [
  "emulated-small",
  "emulated-large",
  "emulated-embedding",
  "emulated-floats",
  "emulated-base64",
  "emulated-rerank",
];
const CREATED = 1_735_689_600;
const DONE = "[DONE]";

/** Who may call: holders of the key, only those who send none, or whoever can call Bedrock. */
export type OpenAiAccess = "key" | "open" | OpenAiHost;

/** The answer to a request below `/openai/v1` (or `/local/v1`); `route` is what follows that. */
export async function answerOpenAi(
  request: WireRequest,
  route: string,
  access: OpenAiAccess,
  state: EmulatorState,
): Promise<Script> {
  const refusal =
    access === "key" || access === "open"
      ? refuse(request.headers.authorization, access)
      : await refuseCaller(request, access, state);
  if (refusal) return errorScript(refusal);
  if (request.method === "GET" && route === "/models")
    return json(200, { object: "list", data: MODELS.map(toModel) });
  const other = request.method === "POST" ? OTHERS.get(route) : undefined;
  if (other) return answerOther(request, other, state);
  const talk = request.method === "POST" ? TALKS.get(route) : undefined;
  if (!talk) {
    const message = `Invalid URL (${request.method} ${request.path})`;
    return errorScript({ status: 404, type: "invalid_request_error", message });
  }
  const body = asObject(request.body);
  const directives = readDirectives(talk.question(body));
  const fault = resolveFault(request.faultSpec ?? directives.fault, request.path, state.flaky);
  if (fault) request.record.fault = fault.argument ? `${fault.name}:${fault.argument}` : fault.name;
  const instead = fault && replace(fault, request);
  if (instead) return instead;
  const invalid = check(request.body) ?? talk.check(body);
  if (invalid) return errorScript(invalid);
  const onBedrock = access === "runtime" || access === "mantle";
  const misplaced = onBedrock ? refuseBody(body, route, access) : undefined;
  if (misplaced) return errorScript(misplaced);
  if (onBedrock) request.record.model = asString(body.model);
  const script = talk.answer(body, directives.pace ?? state.paceMs, state.now());
  return fault ? spoil(fault, script) : script;
}

/** An API of conversations. */
interface Talk {
  question(body: JsonObject): string;
  check(body: JsonObject): OpenAiError | undefined;
  answer(body: JsonObject, paceMs: number, now: number): Script;
}

const TALKS: ReadonlyMap<string, Talk> = new Map([
  ["/chat/completions", { question: questionIn, check: checkMessages, answer: complete }],
  [
    "/responses",
    { question: responses.questionIn, check: responses.checkResponses, answer: responses.respond },
  ],
]);

type AnswerOther = (body: JsonObject) => Promise<Script>;

const OTHERS: ReadonlyMap<string, AnswerOther> = new Map([
  ["/embeddings", answerEmbeddings],
  ["/rerank", answerRerank],
]);

async function answerOther(request: WireRequest, answer: AnswerOther, state: EmulatorState): Promise<Script> {
  const body = asObject(request.body);
  const text = asString(body.query) || asString(body.input) || (stringsIn(body.input)[0] ?? "");
  const { fault: ordered } = readDirectives(text);
  const fault = resolveFault(request.faultSpec ?? ordered, request.path, state.flaky);
  if (fault) request.record.fault = fault.argument ? `${fault.name}:${fault.argument}` : fault.name;
  const instead = fault && replace(fault, request);
  if (instead) return instead;
  if (typeof body.model !== "string" || body.model === "") {
    return errorScript(badRequest("you must provide a model parameter", "model"));
  }
  const script = await answer(body);
  return fault ? spoil(fault, script) : script;
}

function refuse(authorization: string | undefined, access: "key" | "open"): OpenAiError | undefined {
  if (access === "open") {
    return authorization === undefined ? undefined : badRequest("This server takes no Authorization header.");
  }
  if (authorization === `Bearer ${OPENAI_KEY}`) return undefined;
  const message =
    authorization === undefined
      ? "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth."
      : "Incorrect API key provided.";
  return { status: 401, type: "invalid_request_error", code: "invalid_api_key", message };
}

function replace(fault: Fault, request: WireRequest): Script | undefined {
  const error = ERROR_FAULTS.get(fault.name);
  if (error) return error(fault.argument);
  // `html` is what the same fault is called here.
  const gateway = GATEWAY_FAULTS.get(fault.name === "html" ? "error-html" : fault.name);
  if (gateway) return gateway(`http://${request.headers.host}`, fault.argument);
  if (fault.name === "error-mid" || TRANSPORT_FAULTS.has(fault.name)) return undefined;
  const known = [...ERROR_FAULTS, ...GATEWAY_FAULTS, ...TRANSPORT_FAULTS].map(([name]) => name);
  return errorScript(
    badRequest(
      `The emulator knows no fault "${fault.name}". It knows: ${known.join(", ")}, error-mid, html.`,
    ),
  );
}

function spoil(fault: Fault, script: Script): Script {
  if (fault.name === "error-mid") return errorMid(script);
  return TRANSPORT_FAULTS.get(fault.name)?.(script, fault.argument) ?? script;
}

function check(body: unknown): OpenAiError | undefined {
  if (!isObject(body)) return badRequest("We could not parse the JSON body of your request.");
  if (typeof body.model !== "string" || body.model === "") {
    return badRequest("you must provide a model parameter", "model");
  }
  return undefined;
}

function checkMessages(body: JsonObject): OpenAiError | undefined {
  if (objectsIn(body.messages).length > 0) return undefined;
  return badRequest("Invalid 'messages': expected a list of at least one message.", "messages");
}

function complete(body: JsonObject, paceMs: number, now: number): Script {
  const completion: Completion = {
    model: body.model,
    created: Math.floor(now / 1000),
    answer: compose(readConversation(body)),
    promptTokens: promptTokensIn(body),
  };
  if (body.stream !== true) return json(200, wholeCompletion(completion));
  const includeUsage = asObject(body.stream_options).include_usage === true;
  const events = [...chunksOf(completion, includeUsage).map((chunk) => JSON.stringify(chunk)), DONE];
  return streamed(
    { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
    events.map((event) => Buffer.from(`data: ${event}\n\n`)),
    paceMs,
  );
}

function toModel(id: string): JsonObject {
  return { id, object: "model", created: CREATED, owned_by: "emulator" };
}
