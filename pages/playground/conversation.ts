/** The conversation: what is asked, how it is answered, and what can be done then. */
import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { announce } from "../lib/status.tsx";
import type { JsonObject } from "../lib/json.ts";
import { SseTransport } from "./api/sse.ts";
import type { Transport } from "./api/transport.ts";
import { WsTransport } from "./api/ws.ts";
import { Conversations } from "./chat/conversations.ts";
import { clearDraft, type Draft, draft, isEmpty, typed } from "./chat/draft.ts";
import { chatRequest } from "./chat/request.ts";
import { SAMPLES } from "./chat/samples.ts";
import { type Settings, settings } from "./chat/settings.ts";
import { nextKey, type Question, type Shown, ShownAnswer } from "./chat/shown.ts";
import { type Item, upToQuestion } from "./chat/thread.ts";
import { runTurn } from "./chat/turn.ts";
import { clientKey } from "./key.ts";
import { addSample } from "./metrics/log.ts";
import { isReady, models, ready } from "./session.ts";

export const conversations = new Conversations();
export const shown = signal<readonly Shown[]>([]);
/** Of the turn under way. */
const stop = signal<AbortController | undefined>(undefined);
export const busy = computed(() => stop.value !== undefined);
const transports = signal(newTransports());

let items: Item[] = [];
/** Of the conversation that is open. */
let id: string = crypto.randomUUID();

// A connection takes its time: it is there before the first question.
effect(() => {
  const { ws } = transports.value;
  if (settings.value.transport === "ws" && ready.value) untracked(() => ws.warm());
});

function newTransports(): Record<Settings["transport"], Transport> {
  const key = () => clientKey.value;
  return { sse: new SseTransport(key), ws: new WsTransport(key) };
}

/** Lets go of connections that were made with another key. */
export function reconnect(): void {
  for (const transport of Object.values(transports.peek())) transport.close();
  transports.value = newTransports();
}

/** Shows the conversation that was open last in this tab. */
export function restoreLast(): void {
  if (conversations.current !== undefined) restore(conversations.current);
}

/** Sends what is written. @param text As if that had been */
export function send(text?: string): void {
  if (text !== undefined) typed.value = text;
  if (!busy.value && !isEmpty.value && ask(draft.value)) clearDraft();
}

/** Gives whether it was taken. */
function ask({ text, files }: Draft): boolean {
  if (!isReady()) return false;
  const item: Question = { kind: "user", text, files };
  items.push(item);
  batch(() => {
    shown.value = [...shown.value, { key: nextKey(), item }];
    void run();
  });
  return true;
}

/** Asks a question in another way; what followed it is gone. */
export function resend(item: Question, text: string): void {
  if (!isReady()) return;
  stop.value?.abort();
  items = items.slice(0, items.indexOf(item));
  const at = shown.value.findIndex((one) => "item" in one && one.item === item);
  batch(() => {
    shown.value = shown.value.slice(0, at);
    ask({ text, files: item.files });
  });
}

/** Asks the newest question again. @param model For this turn alone; undefined: the one that is chosen */
export function retry(model: string | undefined): void {
  if (!isReady()) return;
  items = upToQuestion(items);
  const last = shown.value.findLastIndex((one) => "item" in one && one.item.kind === "user");
  batch(() => {
    shown.value = shown.value.slice(0, last + 1);
    void run(model);
  });
}

/** Ends the answer under way; what came stays. */
export function stopAnswer(): void {
  stop.value?.abort();
}

export function newChat(): void {
  leave();
  id = crypto.randomUUID();
  conversations.open(undefined);
  clearDraft();
  announce("New chat");
}

export function open(other: string): void {
  if (other === id) return;
  leave();
  restore(other);
  conversations.open(other);
  announce("Conversation opened");
}

export function remove(other: string): void {
  conversations.remove(other);
  if (other === id) newChat();
}

/** The request that would be sent now; with nothing written, the last one, else an example. */
export function currentRequest(): JsonObject {
  const { text, files } = draft.value;
  if (isEmpty.value && items.length > 0) return chatRequest(settings.value, upToQuestion(items));
  const asked = isEmpty.value ? (SAMPLES[0]?.text ?? "") : text;
  return chatRequest(settings.value, [...items, { kind: "user", text: asked, files }]);
}

/** What is being written, where a strategy would choose its model. */
export function routedDraft(): JsonObject | undefined {
  if (settings.value.model !== "auto" || !ready.value || isEmpty.value) return undefined;
  return chatRequest(settings.value, [...items, { kind: "user", ...draft.value }]);
}

/** Ends what is under way and empties the stage. */
function leave(): void {
  stopAnswer();
  items = [];
  shown.value = [];
}

function restore(other: string): void {
  const kept = conversations.items(other);
  if (kept.length === 0) return;
  id = other;
  items = kept;
  shown.value = kept.map((item, index) => {
    if (item.kind !== "answer") return { key: nextKey(), item };
    const asked = { ...settings.peek(), model: item.answer.asked || "auto" };
    const request = () => chatRequest(asked, kept.slice(0, index));
    return new ShownAnswer(item.answer, { request, over: true });
  });
}

function keep(of: string, these: readonly Item[]): void {
  conversations.save(of, these);
  if (of === id) conversations.open(of);
}

async function run(model?: string): Promise<void> {
  const asked = model === undefined ? settings.value : { ...settings.value, model };
  const [these, of] = [items, id];
  const own = new AbortController();
  // Another conversation may be open by then.
  const show = (one: Shown) => {
    if (these === items) shown.value = [...shown.value, one];
  };
  stop.value = own;
  keep(of, these);
  announce(`Asking ${asked.model}`);
  await runTurn({
    transport: transports.value[asked.transport],
    items: these,
    request: (step) => chatRequest(asked, these, step),
    show(answer, body) {
      const view = new ShownAnswer(answer, { request: () => body });
      show(view);
      return view;
    },
    showTool: (call, result) => show({ key: nextKey(), item: { kind: "tool", call, result } }),
    modelNamed: (name) => models.value.find((one) => one.id === name),
    measured({ by }, { firstMs, tokensPerSecond }) {
      if (by !== undefined && firstMs !== undefined) addSample({ model: by, firstMs, tokensPerSecond });
    },
    signal: own.signal,
  });
  // What was asked anew, or deleted meanwhile, is not kept.
  const isOpen = of === id ? these === items : conversations.list.some((one) => one.id === of);
  if (isOpen) keep(of, these);
  if (stop.value === own) stop.value = undefined;
}
