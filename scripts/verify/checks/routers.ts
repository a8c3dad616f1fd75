import { asObject, stringsIn } from "../../../emulator/json.ts";
import { brief, call, checkStatus } from "../http.ts";
import { type Check, type Context, Failure } from "../types.ts";

/** `GET /routers`: the strategies. */
export const routers: Check = {
  name: "routers",
  cases: (context) => [{ name: "are listed, with the current one", run: () => listed(context) }],
};

async function listed(context: Context): Promise<string> {
  const answer = await call(context, "/routers");
  checkStatus(answer, 200);
  const { available_routers, current } = asObject(answer.json);
  const names = stringsIn(available_routers);
  if (typeof current !== "string" || !names.includes(current)) {
    throw new Failure("available_routers with the current one", brief(answer));
  }
  return `${current}, of ${names.join(", ")}`;
}
