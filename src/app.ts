/** The Hono app: middleware in order, the route table, one error handler. In front of it the configuration, read once. */
import { cors } from "hono/cors";
import { HonoBase } from "hono/hono-base";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ClientLimits, limitsOf } from "./chat/key-limits.ts";
import { dialectOf } from "./dialects/index.ts";
import { errorHeaders } from "./http/headers.ts";
import { ENDPOINTS } from "./endpoints/index.ts";
import { ENDPOINT_LIST } from "./endpoints/list.ts";
import { bindings, type Env } from "./env.ts";
import { asRouterError, RouterError } from "./errors.ts";
import { authenticateAdmin, hasAdmin, isAdmin } from "./http/admin.ts";
import { authenticate, type Client } from "./http/auth.ts";
import { holding } from "./lib/memory.ts";
import { checkUsable } from "./routing/allowance.ts";
import { configOf, madeFinder, prepareConfig } from "./services.ts";
import type { AppContext, AppEnv, Endpoint } from "./http/context.ts";
import { requestHost } from "./http/host.ts";
import { errorLog } from "./http/log.ts";
import { checkOrigin, EXPOSED_HEADERS, isAllowedOrigin } from "./http/origin.ts";
import { PathRouter } from "./http/path-router.ts";

/** Whose memory the admin's requests count as. */
const ADMIN = "admin";

const hono = new HonoBase<AppEnv>({ strict: false, router: new PathRouter() });

hono.use((c, next) => {
  const requestId = `req_${crypto.randomUUID().replaceAll("-", "")}`;
  c.set("requestId", requestId);
  c.set("binding", bindings(c.env));
  c.header("x-request-id", requestId);
  const { requestIdHeader } = dialectOf(c.req.path, c.req.raw.headers);
  if (requestIdHeader !== undefined) c.header(requestIdHeader, requestId);
  // Before anything looks at the URL that it is a part of.
  c.set("host", requestHost(c.req.raw));
  return next();
});

const crossOrigin = cors({
  origin: (origin, c) =>
    isAllowedOrigin(origin, new URL(c.req.url).origin, allowedOrigins(c)) ? origin : null,
  allowMethods: ["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"],
  exposeHeaders: EXPOSED_HEADERS,
  maxAge: 86_400,
});

hono.use((c, next) => {
  if (c.req.header("origin") !== undefined || c.req.method === "OPTIONS") return crossOrigin(c, next);
  // Agents send no origin, and for them the middleware would be 7 to 12 % of a short request's CPU.
  c.header("vary", "Origin");
  return next();
});

hono.use((c, next) => {
  const origin = c.req.header("origin");
  if (origin !== undefined) checkOrigin(origin, new URL(c.req.url).origin, allowedOrigins(c));
  return next();
});

for (const [path, endpoints] of Map.groupBy(ENDPOINTS, ({ path }) => path)) {
  for (const each of pathsOf(path)) hono.all(each, (c) => answerAt(c, endpoints));
}

hono.notFound((c) => errorAnswer(c, notFound(c)));

hono.onError((thrown, c) => errorAnswer(c, asRouterError(thrown)));

/** What the Worker does with a request. */
export const app = {
  /** Answers; never throws. */
  fetch(request: Request, env: Env, context?: ExecutionContext): Response | Promise<Response> {
    const waiting = prepareConfig(env);
    if (waiting === undefined) return hono.fetch(request, env, context);
    return waiting.then(() => hono.fetch(request, env, context));
  },
};

/** With and without `/v1`, but for what stands in one place only. */
function pathsOf(path: string): string[] {
  if (path === "/" || path === "/metrics" || path.startsWith("/admin/")) return [path];
  return path.startsWith("/native/") ? [`/v1${path}`] : [path, `/v1${path}`];
}

/** Hono's own middleware for methods brings a second router: 1.3 KiB gzip. */
function answerAt(c: AppContext, endpoints: readonly Endpoint[]): Response | Promise<Response> {
  const method = c.req.method === "HEAD" ? "GET" : c.req.method;
  const endpoint = endpoints.find((each) => each.method === method);
  if (endpoint) return answer(c, endpoint);
  return isThere(c, endpoints) ? methodNotAllowed(c, endpoints) : errorAnswer(c, notFound(c));
}

async function answer(c: AppContext, endpoint: Endpoint): Promise<Response> {
  if (endpoint.access === "open") return endpoint.handle(c);
  if (!isThere(c, [endpoint])) throw notFound(c);
  const client = await admitted(c, endpoint);
  c.set("client", client);
  return holding(client.name, (hold) => {
    c.set("hold", hold);
    return endpoint.handle(c);
  });
}

async function admitted(c: AppContext, { access }: Endpoint): Promise<Client> {
  if (access === "admin") {
    await authenticateAdmin(c.req.raw, c.get("binding"));
    return { name: ADMIN };
  }
  if (access === "either" && (await isAdmin(c.req.raw, c.get("binding"))))
    return { name: ADMIN, admin: true };
  const client = await authenticate(c.req.raw, c.get("binding"), madeFinder(c.env));
  checkUsable(limitsOf(writtenLimits(c), client.name, client.limits), Date.now());
  return client;
}

/** Without an admin key there is no admin API: nothing tells that there might be one. */
function isThere(c: AppContext, endpoints: readonly Endpoint[]): boolean {
  return hasAdmin(c.get("binding")) || endpoints.some(({ access }) => access !== "admin");
}

function notFound(c: { req: { path: string } }): RouterError {
  const known = Object.values(ENDPOINT_LIST).join(", ");
  // The same whether there is an admin API or not.
  const admins = "with ROUTER_ADMIN_KEY also /admin/keys, /admin/usage, /admin/requests and GET /metrics";
  return new RouterError("not_found", `There is nothing at ${c.req.path}. Endpoints: ${known}; ${admins}.`);
}

/** What GET answers, HEAD does too. */
function methodNotAllowed(c: AppContext, endpoints: readonly Endpoint[]): Response {
  const methods = endpoints.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  const allow = [...methods, "OPTIONS"].join(", ");
  const error = new RouterError("method_not_allowed", `${c.req.path} answers ${allow}, not ${c.req.method}.`);
  const answer = errorAnswer(c, error);
  answer.headers.set("allow", allow);
  return answer;
}

/** The section `keys`; none while the configuration is broken, which the endpoint itself will report. */
function writtenLimits(c: { env: AppEnv["Bindings"] }): ClientLimits {
  try {
    return configOf(c.env).keys;
  } catch {
    return { named: new Map() };
  }
}

/** `serve.cors_origins`; none while the configuration is broken, which the endpoint itself will report. */
function allowedOrigins(c: { env: AppEnv["Bindings"] }): readonly string[] {
  try {
    return configOf(c.env).serve.corsOrigins;
  } catch {
    return [];
  }
}

/** A failure in the words of the dialect that is served under the path; elsewhere in OpenAI's. */
function errorAnswer(c: AppContext, error: RouterError): Response {
  errorLog(error, c.get("requestId"));
  const { status, headers, body } = dialectOf(c.req.path, c.req.raw.headers).error(error, c.get("requestId"));
  return c.json(body, contentful(status), { ...errorHeaders(error), ...headers });
}

/** Hono wants its own status type; every status of the error table and of a handed-on refusal has a body. */
function contentful(status: number): ContentfulStatusCode {
  return isContentful(status) ? status : 500;
}

function isContentful(status: number): status is ContentfulStatusCode {
  return status >= 400 && status <= 599;
}
