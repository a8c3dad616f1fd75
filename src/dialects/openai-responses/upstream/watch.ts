/** What the router sees of a Responses answer that it hands on: usage, failure and end. */
import { note, nothingSeen } from "../../../chat/seen.ts";
import type { RouterError } from "../../../errors.ts";
import { asCount, asObject, asText, type JsonObject, parseObject } from "../../../lib/json.ts";
import { responseErrorCode } from "./names.ts";
import { type ErrorOf, responsesReader, wholeResponse } from "./reader.ts";

export interface WatchOptions {
  readonly errorOf: ErrorOf;
  /** Takes the router's keys out of a foreign text. */
  readonly redact: (text: string) => string;
}

/** Events that only tell that the answer is under way, or hold what its pieces held. */
const QUIET: ReadonlySet<string> = new Set([
  ...["response.created", "response.queued", "response.in_progress", "response.content_part.added"],
  ...["response.reasoning_summary_part.added", "keepalive"],
]);

/** Events that tell of a failure, and may quote what the upstream was sent. */
const FAILURE = /^(?:error|response\.failed)$/;

export function responsesEventWatch({ errorOf, redact }: WatchOptions) {
  const seen = nothingSeen();
  const reader = responsesReader(errorOf);
  /** How far the client has got. */
  let number = -1;
  let response: JsonObject = {};
  const follow = (event: JsonObject): void => {
    number = asCount(event.sequence_number) ?? number;
    response = asObject(event.response) ?? response;
  };
  /** The data of an event as it goes out. */
  const event = (data: string): string => {
    if (seen.finished || seen.failure) return data;
    const parsed = parseObject(data);
    const type = asText(parsed?.type);
    const failed = FAILURE.test(type) || (parsed?.error !== undefined && type === "");
    const clean = failed ? redact(data) : data;
    note(seen, reader.event(failed ? parseObject(clean) : parsed));
    if (parsed !== undefined) follow(parsed);
    // What this router does not know may be what the client waits for; an item that opens says little yet.
    if (type !== "" && !QUIET.has(type) && type !== "response.output_item.added" && !failed)
      seen.begun = true;
    return clean;
  };
  /** In the numbers and under the id that the client knows. */
  const failed = (error: RouterError): string => {
    const { code, message } = error;
    const told = { ...response, status: "failed", error: { code: responseErrorCode(error), message } };
    const events = [
      { type: "error", sequence_number: number + 1, code, param: null, message },
      { type: "response.failed", sequence_number: number + 2, response: told },
    ];
    return events.map((each) => `event: ${each.type}\ndata: ${JSON.stringify(each)}\n\n`).join("");
  };
  // A comment: an event of ours would hold a response without the items that are open.
  return Object.assign(seen, { event, follow: { failed, silence: ": keep-alive\n\n" } });
}

/** Watches a response that comes as one body. */
export function responsesBodyWatch({ errorOf, redact }: WatchOptions) {
  const seen = nothingSeen();
  const body = (text: string): void => {
    const response = parseObject(text);
    if (response === undefined) return;
    seen.begun = true;
    note(seen, wholeResponse(parseObject(redact(text)), errorOf));
  };
  return Object.assign(seen, { body });
}
