/** Which model `auto` would choose for what is being written, asked of `/v1/route` at every pause. No model is called. */
import { effect, signal } from "@preact/signals";
import { type Explanation, explain } from "./api/client.ts";
import { withoutFiles } from "./chat/request.ts";
import { routedDraft } from "./conversation.ts";
import { clientKey } from "./key.ts";

const PAUSE_MS = 400;

export const explanation = signal<Explanation | undefined>(undefined);

let asking = new AbortController();
/** What the explanation is of. */
let explained = "";

effect(() => {
  if (routedDraft() === undefined) return hide();
  const timer = setTimeout(() => void explainDraft(false), PAUSE_MS);
  return () => clearTimeout(timer);
});

/** @param live Lets the strategy `llm` ask its router model. */
export async function explainDraft(live: boolean): Promise<void> {
  const draft = routedDraft();
  if (draft === undefined) return hide();
  const body = withoutFiles(draft);
  const text = JSON.stringify(body);
  if (text === explained && !live) return;
  asking.abort();
  const own = new AbortController();
  asking = own;
  try {
    explanation.value = await explain(clientKey.value, body, live, own.signal);
    explained = text;
  } catch {
    // The request itself will tell what is wrong.
    if (own === asking) hide();
  }
}

function hide(): void {
  asking.abort();
  // Told once: the next turn may be another model's.
  explained = "";
  explanation.value = undefined;
}
