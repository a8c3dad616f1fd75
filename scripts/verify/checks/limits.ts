import { asObject, type JsonObject } from "../../../emulator/json.ts";
import { brief, call, checkStatus } from "../http.ts";
import { questionTo } from "../question.ts";
import { type Check, type Context, Failure, skip, type Verdict } from "../types.ts";

/** What a request used is booked after its answer. */
const BOOKED_MS = 10_000;
const PAUSE_MS = 250;
const COUNTED = ["money_day", "money_month", "requests_minute", "tokens_minute"];

/** `GET /v1/usage`: the key's own limits, and that what it uses is counted. */
export const limits: Check = {
  name: "limits",
  cases: (context) => [
    { name: "are told to the key", run: () => told(context) },
    { name: "count what the key uses", run: () => counted(context) },
  ],
};

async function usageOf(context: Context): Promise<JsonObject> {
  const answer = await call(context, "/v1/usage");
  checkStatus(answer, 200);
  const usage = asObject(answer.json);
  if (usage.object !== "usage" || !("limits" in usage))
    throw new Failure("usage with the key's limits", brief(answer));
  return usage;
}

async function told(context: Context): Promise<string> {
  const { limits: own } = await usageOf(context);
  const names = namesOf(own);
  return names.length === 0 ? "this key has none" : `this key has ${names.join(", ")}`;
}

async function counted(context: Context): Promise<string | Verdict> {
  const before = await usageOf(context);
  const isCounted = namesOf(before.limits).some((name) => COUNTED.includes(name));
  if (!isCounted) return skip("nothing is counted for this key");
  const model = context.models.find(({ id }) => context.answered.has(id));
  if (!model) return skip("no model answered");
  checkStatus(await call(context, "/v1/chat/completions", { body: questionTo(model.id) }), 200);
  const asked = requestsIn(before);
  for (const end = Date.now() + BOOKED_MS; Date.now() < end; await pause()) {
    const now = requestsIn(await usageOf(context));
    if (now > asked) return `${asked} requests this month, then ${now}`;
  }
  throw new Failure("one request more this month", `${asked}, as before`);
}

/** The limits that are set. */
function namesOf(limits: unknown): string[] {
  return Object.entries(asObject(limits)).flatMap(([name, value]) => (value ? [name] : []));
}

function requestsIn(usage: JsonObject): number {
  const { requests } = asObject(usage.month);
  return typeof requests === "number" ? requests : 0;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
