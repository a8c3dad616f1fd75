import { randomUUID } from "node:crypto";
import { asObject, type JsonObject } from "../../../emulator/json.ts";
import { questionTo } from "../question.ts";
import { openSocket } from "../socket.ts";
import { type Check, type Context, Failure, skip, type Verdict } from "../types.ts";

/** A named session over WebSocket, the key in the header: it remembers, and it survives a dropped connection. */
export const session: Check = {
  name: "session",
  cases(context) {
    const name = `verify-${randomUUID()}`;
    return [
      { name: "remembers the turn before", run: () => remembers(context, name) },
      { name: "goes on where the connection dropped", run: () => resumes(context, name) },
    ];
  },
};

/** A turn of the session with a model that answers; undefined where none does. */
function message(context: Context): JsonObject | undefined {
  const model = context.models.find(({ id }) => context.answered.has(id));
  if (!model) return undefined;
  const { messages, ...rest } = questionTo(model.id);
  return { ...rest, message: messages[0]?.content, stream_options: { include_usage: true } };
}

async function remembers(context: Context, name: string): Promise<string | Verdict> {
  const asked = message(context);
  if (!asked) return skip("no model answered");
  const socket = await openSocket(context, { keyIn: "header", session: name });
  try {
    const tokens: number[] = [];
    for (let turn = 0; turn < 2; turn++) {
      socket.send(asked);
      tokens.push(promptTokens(await socket.turn()));
    }
    const [first = 0, second = 0] = tokens;
    if (second <= first)
      throw new Failure("a longer prompt in the second turn", `${first}, then ${second} tokens`);
    return `the second turn's prompt has ${second} tokens, the first one's ${first}`;
  } finally {
    socket.close();
  }
}

function promptTokens(frames: readonly JsonObject[]): number {
  const { prompt_tokens } = asObject(frames.at(-1)?.usage);
  if (typeof prompt_tokens !== "number") throw new Failure("usage in the last frame", "none");
  return prompt_tokens;
}

async function resumes(context: Context, name: string): Promise<string | Verdict> {
  const asked = message(context);
  if (!asked) return skip("no model answered");
  const dropped = await openSocket(context, { keyIn: "header", session: name });
  let seen: number;
  try {
    dropped.send(asked);
    seen = seqOf(await dropped.next());
  } finally {
    dropped.drop();
  }
  const socket = await openSocket(context, { keyIn: "header", session: name });
  try {
    socket.send({ type: "resume", after: seen });
    const frames = await socket.turn();
    const seqs = frames.map(seqOf);
    const wanted = frames.map((_, index) => seen + index + 1);
    if (frames.length === 0 || String(seqs) !== String(wanted)) {
      throw new Failure(`the frames after ${seen}, without a gap`, seqs.join(", ") || "none");
    }
    return `dropped after frame ${seen}, then frames ${seqs[0]} to ${seqs.at(-1)} and [DONE]`;
  } finally {
    // Leaves nothing behind.
    socket.send({ type: "reset" });
    socket.close();
  }
}

function seqOf(frame: unknown): number {
  const { seq } = asObject(frame);
  if (typeof seq !== "number") throw new Failure("a numbered frame", JSON.stringify(frame));
  return seq;
}
