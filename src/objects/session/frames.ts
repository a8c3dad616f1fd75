/** What a session sends: JSON texts with members put in front, so that chunks are not parsed again. */
import type { RouterError } from "../../errors.ts";
import { cutAt } from "../../lib/text.ts";
import type { JsonObject } from "../../chat/request.ts";
import type { Route } from "../../contracts.ts";

const MAX_MODEL_CHARS = 200;
const MAX_REASON_CHARS = 512;

/** A JSON object's text with one more member, before its own. */
export function withMember(json: string, name: string, value: unknown): string {
  const member = `{${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return json === "{}" ? `${member}}` : `${member},${json.slice(1)}`;
}

/** What HTTP says in `x-router-*`, and the turn's own id. */
export function routerMember(route: Route | undefined, id: string | undefined): JsonObject | undefined {
  if (!route) return id === undefined ? undefined : { id };
  return {
    ...(id !== undefined && { id }),
    model: route.target.name,
    strategy: route.strategy,
    attempts: route.attempts,
    reason: shortText(route.reason, MAX_REASON_CHARS),
    trail: route.trail.map(({ model, place, outcome, ms }) => ({
      model,
      ...(place !== "" && { place }),
      outcome,
      ms,
    })),
    ...(route.dropped.length > 0 && { dropped_params: route.dropped }),
    ...(route.unknownModel !== undefined && {
      unknown_model: shortText(route.unknownModel, MAX_MODEL_CHARS),
    }),
  };
}

function shortText(text: string, units: number): string {
  return text.slice(0, cutAt(text, units));
}

/** OpenAI's error object; an upstream's own refusal in its own words, as over HTTP. */
export function errorText(error: RouterError): string {
  return upstreamError(error.passthrough?.body) ?? JSON.stringify(error.toBody());
}

function upstreamError(body: string | undefined): string | undefined {
  if (body === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null || !("error" in value)) return undefined;
    return JSON.stringify({ error: value.error });
  } catch {
    return undefined;
  }
}

/**
 * The frame of an error without an answer. One for a message that became no turn gets no number: it is not part of what can
 * be resumed.
 */
export function refusal(error: RouterError, id: string | undefined): string {
  const router = routerMember(undefined, id);
  return router ? withMember(errorText(error), "router", router) : errorText(error);
}
