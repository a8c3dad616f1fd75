/** The conversation: what is asked, how it is answered, and what can be done then. */
import { SseTransport } from "./api/sse.ts";
import type { Transport } from "./api/transport.ts";
import { WsTransport } from "./api/ws.ts";
import type { Answer } from "./chat/answer.ts";
import { Conversations } from "./chat/conversations.ts";
import { chatRequest } from "./chat/request.ts";
import { SAMPLES } from "./chat/samples.ts";
import type { Settings } from "./chat/settings.ts";
import { type Item, upToQuestion } from "./chat/thread.ts";
import { runTurn } from "./chat/turn.ts";
import type { JsonObject } from "../lib/json.ts";
import { clientKey } from "./key.ts";
import type { Session } from "./session.ts";
import { ShownAnswer } from "./ui/answer-view.ts";
import type { CodeDialog } from "./ui/code-dialog.ts";
import { Composer, type Draft } from "./ui/composer.ts";
import { announce } from "./ui/dom.ts";
import { closeDrawer } from "./ui/drawer.ts";
import { History } from "./ui/history.ts";
import { toolView } from "./ui/messages.ts";
import { Preview } from "./ui/preview.ts";
import { questionView } from "./ui/question.ts";
import type { SpeedPanel } from "./ui/speed-panel.ts";
import { type Stage, stage } from "./ui/stage.ts";

export interface Parts {
  readonly settings: Settings;
  readonly session: Session;
  readonly code: CodeDialog;
  readonly speed: SpeedPanel;
}

export class App {
  readonly #parts: Parts;
  readonly #stage: Stage = stage();
  readonly #composer: Composer;
  readonly #preview: Preview;
  readonly #conversations = new Conversations();
  readonly #history: History;
  #transports: Readonly<Record<Settings["transport"], Transport>> = newTransports();
  #items: Item[] = [];
  /** Of the conversation that is open. */
  #id: string = crypto.randomUUID();
  /** Of the turn under way. */
  #stop: AbortController | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#preview = new Preview(clientKey, () => this.#routedDraft());
    this.#composer = new Composer({
      onSend: (draft) => this.#ask(draft),
      onStop: () => this.#stop?.abort(),
      onChange: () => this.#preview.update(),
    });
    this.#history = new History(this.#conversations, {
      onOpen: (id) => this.#open(id),
      onRemove: (id) => this.#remove(id),
    });
    if (this.#conversations.current !== undefined) this.#restore(this.#conversations.current);
  }

  /** A setting has changed. */
  changed(): void {
    this.#preview.update();
    if (this.#parts.settings.transport === "ws" && this.#parts.session.ready) this.#transports.ws.warm();
  }

  /** Another key, or other models: connections made with the old one are let go. */
  reconnect(): void {
    for (const transport of Object.values(this.#transports)) transport.close();
    this.#transports = newTransports();
    this.changed();
    // Its list of models is now another.
    if (this.#items.length > 0 && !this.#stop) this.#offerRetry();
    this.#composer.focus();
  }

  /** Sends a text as if it had been typed. */
  submit(text: string): void {
    this.#composer.submit(text);
  }

  newChat(): void {
    this.#leave();
    this.#id = crypto.randomUUID();
    this.#conversations.open(undefined);
    this.#history.draw();
    this.#composer.clear();
    this.#composer.focus();
    announce("New chat");
  }

  /** Shows the request that would be sent now as code; with nothing written, the last one. */
  showCode(body: JsonObject = this.#currentRequest()): void {
    const { session, code } = this.#parts;
    code.show(body, { origin: location.origin, models: session.models, needsKey: session.needsKey });
  }

  /** Ends what is under way and empties the stage. */
  #leave(): void {
    this.#stop?.abort();
    this.#items = [];
    this.#stage.clear();
  }

  #open(id: string): void {
    closeDrawer();
    if (id === this.#id) return;
    this.#leave();
    this.#restore(id);
    this.#conversations.open(id);
    this.#history.draw();
    this.#composer.focus();
    announce("Conversation opened");
  }

  #remove(id: string): void {
    this.#conversations.remove(id);
    if (id === this.#id) this.newChat();
    else this.#history.draw();
  }

  #restore(id: string): void {
    const items = this.#conversations.items(id);
    if (items.length === 0) return;
    this.#id = id;
    this.#items = items;
    for (const [index, item] of items.entries()) {
      if (item.kind === "user") this.#showQuestion(item);
      else if (item.kind === "tool") this.#stage.add(toolView(item.call, item.result));
      else {
        const asked = { ...this.#parts.settings, model: item.answer.asked || "auto" };
        this.#show(item.answer, () => chatRequest(asked, items.slice(0, index))).show();
      }
    }
    this.#offerRetry();
  }

  #keep(id: string, items: readonly Item[]): void {
    this.#conversations.save(id, items);
    if (id === this.#id) this.#conversations.open(id);
    this.#history.draw();
  }

  #ask({ text, files }: Draft): boolean {
    if (!this.#isReady()) return false;
    const item = { kind: "user" as const, text, files };
    this.#items.push(item);
    this.#stage.offerRetry();
    this.#showQuestion(item);
    void this.#run();
    return true;
  }

  #showQuestion(item: Item & { readonly kind: "user" }): void {
    const view = questionView(item, (text) => this.#resend(item, text, view));
    this.#stage.add(view);
  }

  /** Asks a question in another way; what followed it is gone. */
  #resend(item: Item & { readonly kind: "user" }, text: string, view: HTMLElement): void {
    if (!this.#isReady()) return;
    this.#stop?.abort();
    this.#items = this.#items.slice(0, this.#items.indexOf(item));
    this.#stage.removeFrom(view);
    this.#composer.focus();
    this.#ask({ text, files: item.files });
  }

  #retry(model: string | undefined): void {
    if (!this.#isReady()) return;
    this.#items = upToQuestion(this.#items);
    this.#stage.offerRetry();
    this.#stage.backToQuestion();
    // The button that had the focus is gone.
    this.#composer.focus();
    void this.#run(model);
  }

  #offerRetry(): void {
    const models = this.#parts.session.models.map(({ id }) => id);
    this.#stage.offerRetry({ models, onRetry: (model) => this.#retry(model) });
  }

  #isReady(): boolean {
    const { session } = this.#parts;
    if (!session.ready) session.askForKey();
    return session.ready;
  }

  /** @param model For this turn alone; else the one that is chosen. */
  async #run(model?: string): Promise<void> {
    const { session, speed } = this.#parts;
    const settings = model === undefined ? this.#parts.settings : { ...this.#parts.settings, model };
    const items = this.#items;
    const id = this.#id;
    const stop = new AbortController();
    this.#stop = stop;
    this.#composer.setBusy(true);
    this.#keep(id, items);
    announce(`Asking ${settings.model}`);
    await runTurn({
      transport: this.#transports[settings.transport],
      items,
      request: (step) => chatRequest(settings, items, step),
      show: (answer, body) => this.#show(answer, () => body),
      showTool: (call, result) => {
        // Another conversation may be open by now.
        if (items === this.#items) this.#stage.add(toolView(call, result));
      },
      modelNamed: (name) => session.models.find((one) => one.id === name),
      measured: (answer, figures) => speed.add(answer, figures),
      signal: stop.signal,
    });
    // What was asked anew, or deleted, is not kept.
    if (items === this.#items || id !== this.#id) this.#keepLeft(id, items);
    if (this.#stop !== stop) return;
    this.#stop = undefined;
    this.#composer.setBusy(false);
    if (items === this.#items) this.#offerRetry();
  }

  /** Keeps a conversation at the end of a turn, unless it was deleted meanwhile. */
  #keepLeft(id: string, items: readonly Item[]): void {
    if (id === this.#id || this.#conversations.list.some((one) => one.id === id)) this.#keep(id, items);
  }

  #show(answer: Answer, request: () => JsonObject): ShownAnswer {
    const view = new ShownAnswer(answer, {
      routed: answer.asked === "auto",
      onCode: () => this.showCode(request()),
      onKey: () => this.#parts.session.askForKey(),
      onDrawn: () => this.#stage.follow(),
    });
    this.#stage.add(view.element);
    return view;
  }

  /** What is being written, where a strategy would choose its model. */
  #routedDraft(): JsonObject | undefined {
    const { settings, session } = this.#parts;
    const { text, files } = this.#composer.draft;
    if (settings.model !== "auto" || !session.ready || (text === "" && files.length === 0)) return undefined;
    return chatRequest(settings, [...this.#items, { kind: "user", text, files }]);
  }

  #currentRequest(): JsonObject {
    const { text, files } = this.#composer.draft;
    const isEmpty = text === "" && files.length === 0;
    if (isEmpty && this.#items.length > 0)
      return chatRequest(this.#parts.settings, upToQuestion(this.#items));
    const asked = isEmpty ? (SAMPLES[0]?.text ?? "") : text;
    return chatRequest(this.#parts.settings, [...this.#items, { kind: "user", text: asked, files }]);
  }
}

function newTransports(): Record<Settings["transport"], Transport> {
  return { sse: new SseTransport(clientKey), ws: new WsTransport(clientKey) };
}
