/** A stateless turn over a WebSocket of its own, to its end. */
import { WebSocket } from "ws";
import { asObject, asString, objectsIn } from "../../../emulator/json.ts";
import { CLIENT_KEY } from "../../support/stack.ts";
import { say } from "./ask.ts";

/** What a client sees of one turn. */
export interface SeenTurn {
  readonly text: string;
  readonly finish: string | undefined;
  /** `router` of the first chunk: the model and the number of attempts. */
  readonly route: readonly unknown[];
  /** Of the error that ended the turn. */
  readonly error: { readonly code: unknown; readonly message: string } | undefined;
  /** `[DONE]` came. */
  readonly done: boolean;
}

/**
 * @param url The router's address, without `/v1`.
 * @throws Error when the socket is closed before the turn ends.
 */
export function turn(url: string, model: string, question: string): Promise<SeenTurn> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/chat/ws`, {
    headers: { authorization: `Bearer ${CLIENT_KEY}` },
  });
  let text = "";
  let finish: string | undefined;
  let route: readonly unknown[] = [];
  return new Promise((resolve, reject) => {
    socket.once("open", () => socket.send(JSON.stringify(say(model, question))));
    socket.once("error", reject);
    socket.once("close", (code) => reject(new Error(`closed with ${code} before the turn ended`)));
    socket.on("message", (data) => {
      const frame = String(data);
      const chunk = frame === "[DONE]" ? {} : asObject(JSON.parse(frame));
      const error = "error" in chunk ? asObject(chunk.error) : undefined;
      if ("router" in chunk) {
        const router = asObject(chunk.router);
        route = [router.model, router.attempts];
      }
      for (const choice of objectsIn(chunk.choices)) {
        text += asString(asObject(choice.delta).content);
        if (typeof choice.finish_reason === "string") finish = choice.finish_reason;
      }
      if (frame !== "[DONE]" && error === undefined) return;
      resolve({
        ...{ text, finish, route, done: frame === "[DONE]" },
        error: error && { code: error.code, message: asString(error.message) },
      });
      socket.removeAllListeners("close");
      socket.close();
    });
  });
}
