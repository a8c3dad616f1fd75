import { asObject, asString, stringsIn } from "../../../emulator/json.ts";
import { brief, call, checkStatus, codeOf } from "../http.ts";
import { type Check, type Context, Failure, type Verdict, warn } from "../types.ts";

/** `GET /health` for anyone. */
export const health: Check = {
  name: "health",
  cases: (context) => [{ name: "answers anyone with its status alone", run: () => anyone(context) }],
};

/** The same for holders of a key. */
export const configured: Check = {
  name: "health",
  cases: (context) => [{ name: "tells a client what is configured", run: () => client(context) }],
};

async function anyone(context: Context): Promise<string> {
  const answer = await call(context, "/health", { key: null });
  const members = Object.keys(asObject(answer.json));
  const expected = 'HTTP 200 {"status":"ok"}';
  if (answer.status === 500 && members.length > 0) {
    const code = asString(asObject(answer.json).status);
    throw new Failure(expected, `HTTP 500 ${code}`, {
      code,
      advice: "The configuration is broken; the next line says how. Check it with npm run config:check.",
    });
  }
  const open = context.key === undefined;
  if (answer.status !== 200 || asObject(answer.json).status !== "ok" || (!open && members.length !== 1)) {
    throw new Failure(expected, brief(answer), { advice: "Is this the router, and its own address?" });
  }
  return "ok";
}

async function client(context: Context): Promise<string | Verdict> {
  const answer = await call(context, "/health");
  const { strategy, models, warnings, degraded } = asObject(answer.json);
  const missing = (Array.isArray(degraded) ? degraded : []).map((entry) => {
    const { for: what, code, message } = asObject(entry);
    return { code: asString(code), text: `${asString(what)}: ${asString(message)}` };
  });
  const [first] = missing;
  if (answer.status === 503 && first !== undefined) {
    const { code, text } = first;
    throw new Failure("HTTP 200", `HTTP 503, no model can be called: ${text}`, { code });
  }
  checkStatus(answer, 200);
  const names = stringsIn(models);
  if (typeof strategy !== "string" || names.length === 0) {
    throw new Failure("strategy and models", brief(answer), { code: codeOf(answer.json) });
  }
  const list = stringsIn(warnings);
  const notes = [
    ...(missing.length === 0 ? [] : [`missing is, for ${missing.map(({ text }) => text).join("; for ")}`]),
    ...(list.length === 0 ? [] : [`the configuration has warnings: ${list.join("; ")}`]),
  ];
  const text = `strategy ${strategy}, ${names.length} models`;
  return notes.length === 0 ? text : warn([text, ...notes].join("; "));
}
