/** Answers requests that are no conversations: one look at the body, one answer, told to the observers as any other. */
import type { ApiName } from "../observers/observer.ts";
import type { Route } from "../contracts.ts";
import type { Usage } from "../chat/delta.ts";
import { asRouterError } from "../errors.ts";
import { observe } from "../observers/index.ts";
import type { Spent, TaskContext } from "../routing/tasks.ts";
import { servicesOf } from "../services.ts";
import { readJson } from "./body.ts";
import { callerOf } from "./caller.ts";
import type { AppContext } from "./context.ts";
import { limitHeaders, routeHeaders } from "./headers.ts";
import { toItsEnd } from "./to-its-end.ts";

export interface TaskOf<Asked extends { readonly model: string }, Answered extends TaskAnswer> {
  readonly api: ApiName;
  /** @throws RouterError with `param`. */
  parse(body: unknown): Asked;
  answer(asked: Asked, context: TaskContext): Promise<Answered>;
  respond(c: AppContext, asked: Asked, answered: Answered, headers: Record<string, string>): Response;
}

interface TaskAnswer {
  readonly route: Route;
  readonly usage: Usage;
  readonly estimated: boolean;
}

/** @throws RouterError for what fails before the answer. */
export async function serveTask<Asked extends { readonly model: string }, Answered extends TaskAnswer>(
  c: AppContext,
  { api, parse, answer, respond }: TaskOf<Asked, Answered>,
): Promise<Response> {
  const caller = callerOf(c);
  const services = servicesOf(c.env, caller, (work) => c.executionCtx.waitUntil(work));
  const { value } = await readJson(c.req.raw, services.config.serve.maxBodyBytes, c.get("hold"));
  const asked = parse(value);
  const begin = { requestId: c.get("requestId"), client: caller.client, dialect: api, model: asked.model };
  const observed = observe(
    services.observers,
    { ...begin, door: "http", stream: false, session: caller.session, trace: caller.trace },
    services.now,
    () => services.settling,
  );
  let spent: Spent | undefined;
  try {
    const context: TaskContext = {
      ...services,
      hold: c.get("hold"),
      signal: c.req.raw.signal,
      spent(what) {
        spent = what;
      },
    };
    const answered = await toItsEnd(c, answer(asked, context));
    const { route, usage, estimated } = answered;
    observed.begun(route);
    observed.ended({ status: 200, usage, estimated });
    return respond(c, asked, answered, { ...routeHeaders(route), ...limitHeaders(services) });
  } catch (thrown) {
    const error = asRouterError(thrown);
    observed.ended({ status: error.status, error, ...spent });
    for (const [name, value] of Object.entries(limitHeaders(services))) c.header(name, value);
    throw error;
  }
}
