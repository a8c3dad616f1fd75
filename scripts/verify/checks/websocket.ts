import { randomUUID } from "node:crypto";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { questionTo } from "../question.ts";
import { openSocket } from "../socket.ts";
import { type Check, type Context, Failure, skip, type Verdict } from "../types.ts";

/** One turn with each model over a WebSocket, the key as browsers send it. */
export const websocket: Check = {
  name: "websocket",
  cases: (context) => [
    { name: "a wrong key is refused", run: () => refused(context) },
    ...context.models.map(({ id }) => ({ name: id, run: () => turn(context, id) })),
  ],
};

async function refused(context: Context): Promise<string | Verdict> {
  if (context.key === undefined) return skip("the router needs no key");
  const key = `sk-wrong-${randomUUID()}`;
  try {
    (await openSocket(context, { keyIn: "subprotocol", key })).close();
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.got === "HTTP 401") return thrown.got;
    throw thrown instanceof Failure ? new Failure("HTTP 401", thrown.got) : thrown;
  }
  throw new Failure("HTTP 401", "an open WebSocket");
}

async function turn(context: Context, model: string): Promise<string> {
  const socket = await openSocket(context, { keyIn: "subprotocol" });
  try {
    if (socket.protocol !== "chat") throw new Failure("the subprotocol chat", socket.protocol || "none");
    socket.send(questionTo(model));
    const frames = await socket.turn();
    const { model: by } = asObject(frames[0]?.router);
    if (by !== model) throw new Failure(`an answer of ${model}`, `one of ${by}`);
    checkText(frames);
    return `${frames.length} frames, [DONE]`;
  } finally {
    socket.close();
  }
}

/** A turn has text, unless it was cut off, and one end. */
function checkText(frames: readonly JsonObject[]): void {
  const choices = frames.flatMap((frame) => objectsIn(frame.choices));
  const finish = choices.findLast((choice) => choice.finish_reason != null)?.finish_reason;
  const text = choices.map((choice) => asString(asObject(choice.delta).content)).join("");
  if (finish === undefined) throw new Failure("a finish_reason", "none");
  if (text === "" && finish !== "length") throw new Failure("a text", "none");
}
