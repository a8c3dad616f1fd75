import { randomUUID } from "node:crypto";
import { brief, call, checkError, checkStatus, codeOf } from "../http.ts";
import { type Check, type Context, Failure, type Verdict, warn } from "../types.ts";

/** Who has no key is kept out. */
export const auth: Check = {
  name: "auth",
  cases: (context) => [
    { name: "no key", run: () => refused(context, null) },
    { name: "a wrong key", run: () => refused(context, `sk-wrong-${randomUUID()}`) },
    { name: "the right key", run: () => letIn(context) },
  ],
};

async function refused(context: Context, key: string | null): Promise<string | Verdict> {
  const answer = await call(context, "/v1/models", { key });
  if (context.key === undefined) {
    checkStatus(answer, 200);
    return warn("let in: ROUTER_AUTH opens this router to anyone who reaches it");
  }
  if (answer.status === 200) {
    throw new Failure("HTTP 401 invalid_api_key", "HTTP 200", {
      advice: "ROUTER_AUTH opens this router to anyone who reaches it; unset it, or check with --open.",
    });
  }
  const seen = checkError(answer, { status: 401, code: "invalid_api_key" });
  if (key !== null && answer.text.includes(key)) {
    throw new Failure("an error that does not repeat the key", "one that does");
  }
  return seen;
}

async function letIn(context: Context): Promise<string> {
  const answer = await call(context, "/v1/models");
  if (answer.status === 401) {
    throw new Failure("HTTP 200", brief(answer), {
      code: codeOf(answer.json),
      advice:
        "This key is none of the router's, so there is nothing else to check. Take one of its ROUTER_API_KEYS, or of those made by /admin/keys.",
      final: true,
    });
  }
  checkStatus(answer, 200);
  return "let in";
}
