/** STS's refusals, and both of its ways to write an answer. */
import { randomUUID } from "node:crypto";
import { json, type Script, whole } from "../script.ts";

/** A refusal, thrown anywhere below the handler. */
export class StsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** Where a parameter is not what the service model says. */
export function invalid(name: string, value: string, constraint: string): StsError {
  const text = `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: Member must ${constraint}`;
  return new StsError("ValidationError", text);
}

/** A value as XML: objects by their members. */
export type Tree = string | { readonly [member: string]: Tree };

/** The HTTP answer for `error`. */
export function errorScript({ code, message, status }: StsError, asJson: boolean): Script {
  const type = status < 500 ? "Sender" : "Receiver";
  const id = randomUUID();
  const headers = { "x-amzn-RequestId": id };
  if (asJson) {
    const body = { Error: { Code: code, Message: message, Type: type }, RequestId: id };
    return json(status, body, headers);
  }
  const tree = { Error: { Type: type, Code: code, Message: message }, RequestId: id };
  return whole(status, document("ErrorResponse", tree), "text/xml", headers);
}

/** A document of the query protocol. */
export function document(name: string, tree: Tree): string {
  return `<${name} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n${xml(tree)}</${name}>\n`;
}

function xml(tree: Tree): string {
  if (typeof tree === "string") return tree.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return Object.entries(tree)
    .map(([name, value]) => `<${name}>${typeof value === "string" ? "" : "\n"}${xml(value)}</${name}>\n`)
    .join("");
}
