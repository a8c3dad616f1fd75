import { call, checkError } from "../http.ts";
import { type Check, type Context, Failure, type Verdict, warn } from "../types.ts";

/** A page that nobody listed: no such site exists. */
const FOREIGN = "https://verify.invalid";
const ALLOWED = "access-control-allow-origin";

/** Pages of other origins may not call, unless serve.cors_origins lists them. */
export const cors: Check = {
  name: "cors",
  cases: (context) => [
    { name: "a foreign page is refused", run: () => refused(context) },
    { name: "a foreign page's preflight allows nothing", run: () => preflight(context) },
  ],
};

async function refused(context: Context): Promise<string | Verdict> {
  const answer = await call(context, "/v1/models", { headers: { origin: FOREIGN } });
  if (answer.headers.get(ALLOWED) !== null) return openToAll();
  if (answer.status === 200) {
    throw new Failure("HTTP 403 origin_not_allowed", "HTTP 200", {
      advice: "Something in front of the router takes the Origin header away; it has to arrive.",
    });
  }
  return checkError(answer, { status: 403, code: "origin_not_allowed" });
}

async function preflight(context: Context): Promise<string | Verdict> {
  const answer = await call(context, "/v1/chat/completions", {
    method: "OPTIONS",
    key: null,
    headers: { origin: FOREIGN, "access-control-request-method": "POST" },
  });
  return answer.headers.get(ALLOWED) === null ? `no ${ALLOWED}` : openToAll();
}

function openToAll(): Verdict {
  return warn('serve.cors_origins has "*": any page may call, if it has a key');
}
