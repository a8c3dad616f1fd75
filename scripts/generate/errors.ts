/** The tables of docs/errors.md: every code of src/errors.ts, with what a client should do about it. */
import { anthropicMessages } from "../../src/dialects/anthropic-messages/client/index.ts";
import { type ErrorCode, RouterError } from "../../src/errors.ts";
import { asObject } from "../../src/lib/json.ts";
import type { Generated } from "../generate.ts";
import { EXPLANATIONS, type Group } from "./errors/explanations.ts";

const HEADINGS: Readonly<Record<Group, string>> = {
  request: "The request",
  router: "The router's configuration",
  aws: "AWS: credentials, permissions, models",
  upstream: "The upstream",
  session: "WebSocket sessions",
};
const HEAD =
  "| `code` | HTTP | `type` | Over Messages | Retry | Cause | What helps |\n|---|---|---|---|---|---|---|";

function isCode(name: string): name is ErrorCode {
  return Object.hasOwn(EXPLANATIONS, name);
}

function line(code: ErrorCode): string {
  const error = new RouterError(code, "");
  const { status, type } = error;
  const { cause, cure } = EXPLANATIONS[code];
  const retry = error.shouldRetry ? "yes" : "no";
  return `| \`${code}\` | ${status} | \`${type}\` | ${overMessages(error)} | ${retry} | ${cause} | ${cure} |`;
}

/** Status and type where a client speaks Anthropic's Messages. */
function overMessages(error: RouterError): string {
  const { status, body } = anthropicMessages.error(error, "");
  const { type } = asObject(body.error) ?? {};
  return `${status} \`${type}\``;
}

function section(group: Group, heading: string): string {
  const codes = Object.keys(EXPLANATIONS)
    .filter(isCode)
    .filter((code) => EXPLANATIONS[code].group === group);
  return `### ${heading}\n\n${HEAD}\n${codes.map(line).join("\n")}`;
}

function isGroup(name: string): name is Group {
  return Object.hasOwn(HEADINGS, name);
}

/** The tables, one for each group of codes. */
export function generated(): Generated[] {
  const groups = Object.keys(HEADINGS).filter(isGroup);
  const content = groups.map((group) => section(group, HEADINGS[group])).join("\n\n");
  return [{ path: "docs/errors.md", part: "codes", content }];
}
