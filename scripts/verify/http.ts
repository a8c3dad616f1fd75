/** Plain HTTP calls, and what their answers should be. */
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import { asObject, asString } from "../../emulator/json.ts";
import { type Context, Failure } from "./types.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined where the body is no JSON. */
  readonly json: unknown;
}

export interface Call {
  readonly method?: string;
  /** Sent as JSON, a string as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the router's own; null sends none. */
  readonly key?: string | null;
}

/** No connection, or one that broke off before an answer. */
export class Unreachable extends Failure {}

/** @throws Unreachable */
export async function call(context: Context, path: string, what: Call = {}): Promise<Answer> {
  const response = await open(context, path, what);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

/** The same, with the body still to be read. */
export async function open(
  { url, key, timeoutMs }: Context,
  path: string,
  what: Call = {},
): Promise<Response> {
  const sent = what.key === undefined ? key : (what.key ?? undefined);
  const { body } = what;
  try {
    return await fetch(`${url}${path}`, {
      method: what.method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(sent !== undefined && { authorization: `Bearer ${sent}` }),
        ...what.headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (thrown) {
    if (isTimeout(thrown)) throw new Failure("an answer", `none: ${reasonOf(thrown)}`);
    throw new Unreachable("an answer", `none: ${reasonOf(thrown)}`, {
      advice: "Check the URL, the network, and that the Worker is deployed (npx wrangler deployments list).",
    });
  }
}

/** What an error answer has to be. */
export interface WantedError {
  readonly status: number;
  readonly code: string;
  readonly param?: string;
}

/** Passes an error of OpenAI's shape with this status and code; gives it in a few words. */
export function checkError(answer: Answer, wanted: WantedError): string {
  const expected = `HTTP ${wanted.status} ${wanted.code}${wanted.param === undefined ? "" : ` about ${wanted.param}`}`;
  const error = asObject(asObject(answer.json).error);
  const code = asString(error.code);
  const right =
    answer.status === wanted.status &&
    code === wanted.code &&
    (wanted.param === undefined || error.param === wanted.param) &&
    ["message", "type", "param", "code"].every((member) => member in error);
  if (!right) throw new Failure(expected, brief(answer), { code });
  for (const header of ["x-request-id", "x-should-retry"]) {
    if (!answer.headers.has(header)) throw new Failure(`${expected} with ${header}`, "none", { code });
  }
  return expected;
}

/** Passes an answer with this status; else it fails with what came. */
export function checkStatus(answer: Answer, status: number): void {
  if (answer.status === status) return;
  throw failureOf(answer, `HTTP ${status}`);
}

/** An answer that should have been another. */
export function failureOf(answer: Answer, expected: string): Failure {
  return new Failure(expected, brief(answer), { code: codeOf(answer.json), reason: reasonIn(answer.json) });
}

/** `message` of an error body. */
export function reasonIn(body: unknown): string | undefined {
  return asString(asObject(asObject(body).error).message) || undefined;
}

/** An answer in a line. */
export function brief({ status, json, text }: Answer): string {
  const error = asObject(asObject(json).error);
  if (Object.keys(error).length > 0)
    return `HTTP ${status} ${asString(error.code) || asString(error.type)}: ${asString(error.message)}`;
  const start = text.slice(0, 200).replace(/\s+/g, " ");
  return `HTTP ${status}${start === "" ? "" : `: ${start}`}`;
}

/** `code` of an error body. */
export function codeOf(body: unknown): string | undefined {
  return asString(asObject(asObject(body).error).code) || undefined;
}

/** Whatever was thrown as a failure of something that should have worked. */
export function asFailure(thrown: unknown, expected: string): Failure {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof APIError && !(thrown instanceof APIConnectionError)) {
    const code = asString(thrown.code) || undefined;
    const text = thrown.message.replace(/^\d{3} /, "");
    const status = thrown.status === undefined ? "an error in the stream" : `HTTP ${thrown.status}`;
    return new Failure(expected, `${status}${code === undefined ? "" : ` ${code}`}: ${text}`, {
      code,
      reason: text,
    });
  }
  return new Failure(expected, reasonOf(thrown));
}

function isTimeout(thrown: unknown): boolean {
  return (
    thrown instanceof APIConnectionTimeoutError || (thrown instanceof Error && thrown.name === "TimeoutError")
  );
}

function reasonOf(thrown: unknown): string {
  if (isTimeout(thrown)) return "it took too long (--timeout)";
  if (!(thrown instanceof Error)) return String(thrown);
  const { cause } = thrown;
  return cause instanceof Error && cause.message !== "" ? cause.message : thrown.message;
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
