/** What goes with a question beside its text. */
import { type JsonObject, textOf } from "../../lib/json.ts";

export interface Attachment {
  readonly kind: "image" | "pdf";
  /** data: */
  readonly url: string;
  readonly name: string;
}

const START = { image: "data:image/", pdf: "data:application/pdf;base64," } as const;

/** One that was kept; undefined where it is none. */
export function attachmentFrom({ kind, url, name }: JsonObject): Attachment | undefined {
  const address = textOf(url) ?? "";
  if (kind !== "image" && kind !== "pdf") return undefined;
  return address.startsWith(START[kind]) ? { kind, url: address, name: textOf(name) ?? "" } : undefined;
}
