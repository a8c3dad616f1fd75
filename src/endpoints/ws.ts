import { RouterError } from "../errors.ts";
import { subprotocols } from "../http/auth.ts";
import { configOf } from "../services.ts";
import { callerOf } from "../http/caller.ts";
import type { AppContext, Endpoint } from "../http/context.ts";
import { isNamespace, missingBinding } from "../objects/namespace.ts";
import { callerHeaders } from "../objects/session/caller.ts";

/** `GET /v1/chat/ws`: a WebSocket session, served by the Durable Object ChatSession. */
export const ws: Endpoint = { method: "GET", path: "/chat/ws", access: "key", handle };

const PROTOCOL = "chat";
const MAX_SESSION_CHARS = 256;
const encoder = new TextEncoder();

async function handle(c: AppContext): Promise<Response> {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") throw upgradeRequired();
  // A broken configuration is told at once, where it can still be an HTTP status.
  configOf(c.env);
  const session = c.req.query("session");
  const name = await objectName(c.get("client").name, session);
  const headers = {
    upgrade: "websocket",
    ...callerHeaders({
      ...callerOf(c),
      ...(session !== undefined && { session }),
      requestId: c.get("requestId"),
      named: session !== undefined,
    }),
  };
  const object = sessionObject(c.env.CHAT_SESSION, name);
  const response = await object.fetch("https://session/", { headers }).catch(unavailable);
  if (response.status === 429) throw tooManySockets();
  const offered = subprotocols(c.req.raw.headers).includes(PROTOCOL);
  return new Response(null, {
    status: 101,
    webSocket: response.webSocket,
    headers: offered ? { "sec-websocket-protocol": PROTOCOL } : {},
  });
}

/**
 * The digest of the key's name and the session's id: another key never meets this session, and a rotated key finds it
 * again. Without an id, a name that nobody else has.
 */
async function objectName(client: string, session: string | undefined): Promise<string> {
  if (session === undefined) return `private ${crypto.randomUUID()}`;
  if (session === "" || session.length > MAX_SESSION_CHARS) {
    const text = `Invalid 'session': expected 1 to ${MAX_SESSION_CHARS} characters; leave it out for a session of this socket alone.`;
    throw new RouterError("invalid_value", text, { param: "session" });
  }
  const bytes = encoder.encode(JSON.stringify([client, session]));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** What is used of the Durable Object. */
interface SessionObject {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

function sessionObject(namespace: unknown, name: string): SessionObject {
  if (isNamespace<SessionObject>(namespace)) return namespace.get(namespace.idFromName(name));
  throw missingBinding("WebSocket sessions need a Durable Object.", {
    ...{ binding: "CHAT_SESSION", className: "ChatSession", tag: "v2" },
  });
}

/** The object failed before it had taken the socket in: nothing has begun, so the client may come again. */
function unavailable(cause: unknown): never {
  throw new RouterError(
    "session_unavailable",
    "The session could not be started. Try again in a moment; the request id in the x-request-id header finds the details in the Worker's log (npx wrangler tail).",
    { cause, retryAfter: 1 },
  );
}

function upgradeRequired(): RouterError {
  return new RouterError(
    "upgrade_required",
    "This is a WebSocket endpoint: connect with a WebSocket client (wss://…/v1/chat/ws), or use POST /v1/chat/completions.",
  );
}

function tooManySockets(): RouterError {
  return new RouterError(
    "too_many_sockets",
    "This session has 32 sockets open already. Close one, or use another session.",
  );
}
