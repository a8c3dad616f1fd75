/** The router's admin API. Its key stays in this page's memory: a reload forgets it. */
import { type JsonObject, objectOf, parseJson, textOf } from "../lib/json.ts";

const TIMEOUT_MS = 30_000;

let adminKey = "";

/** With which key the API is asked from now on; empty: with none. */
export function useKey(key: string): void {
  adminKey = key;
}

/** What the router has refused, in its own words. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Call {
  readonly method?: "POST" | "PATCH" | "DELETE";
  readonly body?: object;
}

/** @throws ApiError for a refusal; TypeError where the router cannot be reached. */
export async function askText(path: string, { method, body }: Call = {}): Promise<string> {
  const response = await fetch(path, {
    ...{ method: method ?? "GET", cache: "no-store", credentials: "omit", redirect: "error" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      ...(adminKey !== "" && { authorization: `Bearer ${adminKey}` }),
      ...(body && { "content-type": "application/json" }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (response.ok) return text;
  const { error } = objectOf(parseJson(text));
  throw new ApiError(
    response.status,
    textOf(objectOf(error).message) ?? `The router says ${response.status}.`,
  );
}

/** @throws As {@link askText}. */
export async function ask(path: string, call?: Call): Promise<JsonObject> {
  return objectOf(parseJson(await askText(path, call)));
}

/** Whether the router has an admin's key at all: without one there is nothing at its paths. */
export async function hasAdmin(): Promise<boolean> {
  const response = await fetch("/admin/keys", { credentials: "omit", redirect: "error" });
  return response.status !== 404;
}
