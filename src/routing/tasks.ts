/** Requests that are no conversations go to the model that they name, and to no other: what two models make does not mix. */
import type { Config } from "../config/types.ts";
import type { CallContext, Prepared, Target } from "../contracts.ts";
import { RouterError } from "../errors.ts";
import { linkedAbort } from "../lib/linked-abort.ts";
import { attemptLimit } from "./attempt.ts";
import { type Attempted, attempts } from "./attempts.ts";
import { cooldownOf, ready } from "./cooldown.ts";
import type { DispatchContext } from "./dispatch.ts";
import { AUTO, findTarget } from "./models.ts";
import { placesOf } from "./places.ts";

export type Task = NonNullable<Target["task"]>;

/** What is used of a dispatch's. */
export type TaskContext = Pick<DispatchContext, "config" | "binding" | "signal" | "random" | "now" | "hold">;

/** How messages name a model, and where it is asked. */
const WORDS: Readonly<Record<Task, { readonly model: string; readonly endpoint: string }>> = {
  embedding: { model: "an embedding model", endpoint: "POST /v1/embeddings" },
  rerank: { model: "a rerank model", endpoint: "POST /v1/rerank" },
};

/** @throws RouterError with `param: model` unless the name is that of a model for the task. */
export function taskTarget(name: string, task: Task, { targets }: Config): Target {
  const able = targets.filter((target) => target.task === task);
  const found = findTarget(name, able);
  if (found.kind === "target") return found.target;
  const known =
    able.length === 0 ? "None is configured." : `Models: ${able.map((target) => target.name).join(", ")}.`;
  const other = findTarget(name, targets);
  if (other.kind === "target") {
    const where =
      other.target.task === undefined ? "POST /v1/chat/completions" : WORDS[other.target.task].endpoint;
    throw wrongModel(`'${name}' is not ${WORDS[task].model}: it is asked at ${where}. ${known}`);
  }
  if (found.kind === "auto") {
    throw wrongModel(
      `'${AUTO}' chooses among models that hold conversations. Name ${WORDS[task].model}. ${known}`,
    );
  }
  throw new RouterError("model_not_found", `The model '${name}' does not exist here. ${known}`, {
    param: "model",
  });
}

/** For a conversation that names a model which holds none. */
export function holdsNoConversation({ name, task }: Target): RouterError {
  const { model, endpoint } = WORDS[task ?? "embedding"];
  return wrongModel(`'${name}' is ${model}: it is asked at ${endpoint}.`);
}

function wrongModel(text: string): RouterError {
  return new RouterError("invalid_value", `Invalid 'model': ${text}`, { param: "model" });
}

/** Makes a request's calls, each with the attempts that it needs, at the places of one model. */
export interface Caller {
  make<T>(call: Prepared<T>["call"]): Promise<Attempted<T>>;
  /** Ends what is under way. */
  end(): void;
}

export function callerOf(target: Target, context: TaskContext): Caller {
  const { config, binding, random, now, hold } = context;
  const cooldown = cooldownOf(config);
  const deadline = now() + config.router.deadlineMs;
  const all = linkedAbort(context.signal);
  return {
    make: (call) =>
      attempts(
        ready(placesOf(target, binding), cooldown),
        (place, abort) => call(place, callContext(abort)),
        {
          ...{ signal: all.signal, cooldown, random, now, deadline, retry: config.router.retry },
          limit: () => attemptLimit(target, { stream: false }, config, deadline - now()),
        },
      ),
    end: () =>
      all.abort(new RouterError("client_closed_request", "Another call for the same request has failed.")),
  };
  function callContext(abort: AbortController): CallContext {
    return { abort, binding, hold, idleTimeoutMs: config.router.idleTimeoutMs };
  }
}
