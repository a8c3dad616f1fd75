/** Upstreams that refuse to be asked for the usage of a stream (`stream_options`). Per isolate: plain times by place. */
import type { Place } from "../../contracts.ts";
import { RouterError } from "../../errors.ts";

/** A server that was brought up to date is asked again. */
const REMEMBERED_MS = 3_600_000;
const MAX_ENTRIES = 1_000;

/** By target and place: until when, in milliseconds since the epoch. */
const refusals = new Map<string, number>();

/** @param now In milliseconds since the epoch. */
export function tellsUsage(place: Place, now: number): boolean {
  return (refusals.get(keyOf(place)) ?? 0) <= now;
}

export function rememberRefusal(place: Place, now: number): void {
  if (refusals.size >= MAX_ENTRIES) refusals.clear();
  refusals.set(keyOf(place), now + REMEMBERED_MS);
}

/** Whether a call was refused for the field that the router itself added. */
export function refusesUsage(thrown: unknown): boolean {
  if (!(thrown instanceof RouterError) || thrown.code !== "upstream_invalid_request") return false;
  return /stream_options|include_usage/.test(`${thrown.message} ${thrown.passthrough?.body ?? ""}`);
}

function keyOf({ target, id }: Place): string {
  return JSON.stringify([target.name, target.provider, id]);
}
