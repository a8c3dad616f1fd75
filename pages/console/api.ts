/** The router's admin API. Its key stays in this page's memory: a reload forgets it. */
import { errorOf, keyHeader, request } from "../lib/api.ts";
import { type JsonObject, objectOf, parseJson } from "../lib/json.ts";

const TIMEOUT_MS = 30_000;

let adminKey = "";

/** With which key the API is asked from now on; empty: with none. */
export function useKey(key: string): void {
  adminKey = key;
}

interface Call {
  readonly method?: "POST" | "PATCH" | "DELETE";
  readonly body?: object;
}

/** @throws ApiError */
export async function askText(path: string, { method, body }: Call = {}): Promise<string> {
  const response = await request(path, {
    method: method ?? "GET",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { ...keyHeader(adminKey), ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw await errorOf(response);
  return response.text();
}

/** @throws ApiError */
export async function ask(path: string, call?: Call): Promise<JsonObject> {
  return objectOf(parseJson(await askText(path, call)));
}

/** Whether the router has an admin's key at all: without one there is nothing at its paths. */
export async function hasAdmin(): Promise<boolean> {
  const response = await request("/admin/keys");
  return response.status !== 404;
}
