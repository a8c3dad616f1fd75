import { type Call, call, checkError, type WantedError } from "../http.ts";
import { type Check, type Context, Failure } from "../types.ts";

const CHAT = "/v1/chat/completions";
const user = [{ role: "user", content: "Hi" }];

/** What is wrong with a request is said, with the status and code that clients expect. No model is called. */
const TABLE: readonly (readonly [name: string, path: string, call: Call, wanted: WantedError])[] = [
  ["an unknown path", "/v1/verify-no-such-path", {}, { status: 404, code: "not_found" }],
  ["a wrong method", CHAT, { method: "GET" }, { status: 405, code: "method_not_allowed" }],
  ["a body that is no JSON", CHAT, { body: '{"model":' }, { status: 400, code: "invalid_json" }],
  [
    "a request without messages",
    CHAT,
    { body: { model: "auto" } },
    { status: 400, code: "invalid_value", param: "messages" },
  ],
  [
    "a value out of range",
    CHAT,
    { body: { model: "auto", messages: user, temperature: 99 } },
    { status: 400, code: "invalid_value", param: "temperature" },
  ],
  ["a GET on the WebSocket's path", "/v1/chat/ws", {}, { status: 426, code: "upgrade_required" }],
];

export const refusals: Check = {
  name: "refusals",
  cases: (context) =>
    TABLE.map(([name, path, what, wanted]) => ({ name, run: () => refused(context, path, what, wanted) })),
};

async function refused(context: Context, path: string, what: Call, wanted: WantedError): Promise<string> {
  const answer = await call(context, path, what);
  const seen = checkError(answer, wanted);
  const allow = answer.headers.get("allow");
  if (wanted.status === 405 && !allow?.includes("POST")) {
    throw new Failure("Allow with POST", allow ?? "no Allow");
  }
  return seen;
}
