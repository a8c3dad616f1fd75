import { call, checkStatus } from "../http.ts";
import { type Check, type Context, Failure } from "../types.ts";

/** HEAD is GET without the body, as monitors ask; paths answer without `/v1`, too. */
export const head: Check = {
  name: "http",
  cases: (context) => [
    { name: "HEAD /health", run: () => headOf(context, "/health") },
    { name: "HEAD /v1/models", run: () => headOf(context, "/v1/models") },
    { name: "paths without /v1", run: () => withoutV1(context) },
  ],
};

async function headOf(context: Context, path: string): Promise<string> {
  const [asked, got] = await Promise.all([call(context, path, { method: "HEAD" }), call(context, path)]);
  checkStatus(asked, got.status);
  if (asked.text !== "") throw new Failure("no body", `${asked.text.length} characters`);
  const type = asked.headers.get("content-type");
  if (type !== got.headers.get("content-type")) throw new Failure("the content type of GET", String(type));
  return `HTTP ${asked.status}, no body`;
}

async function withoutV1(context: Context): Promise<string> {
  const [long, short] = await Promise.all([call(context, "/v1/models"), call(context, "/models")]);
  checkStatus(short, long.status);
  if (short.text !== long.text) throw new Failure("/models like /v1/models", "another answer");
  return "the same";
}
