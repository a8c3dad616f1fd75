/** The conversation: what is asked, how it is answered, and what can be done then. */
import { SseTransport } from "./api/sse.ts";
import type { Transport } from "./api/transport.ts";
import { WsTransport } from "./api/ws.ts";
import type { Answer } from "./chat/answer.ts";
import { chatRequest } from "./chat/request.ts";
import { SAMPLES } from "./chat/samples.ts";
import type { Settings } from "./chat/settings.ts";
import { type Item, upToQuestion } from "./chat/thread.ts";
import { runTurn } from "./chat/turn.ts";
import type { JsonObject } from "./json.ts";
import { clientKey } from "./key.ts";
import type { Session } from "./session.ts";
import { ShownAnswer } from "./ui/answer-view.ts";
import type { CodeDialog } from "./ui/code-dialog.ts";
import { Composer, type Draft } from "./ui/composer.ts";
import { announce } from "./ui/dom.ts";
import { questionView, toolView } from "./ui/messages.ts";
import { Preview } from "./ui/preview.ts";
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
  #transports: Readonly<Record<Settings["transport"], Transport>> = newTransports();
  #items: Item[] = [];
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
  }

  /** A setting has changed. */
  changed(): void {
    this.#preview.update();
    if (this.#parts.settings.transport === "ws" && this.#parts.session.ready) this.#transports.ws.warm();
  }

  /** Another key: connections made with the old one are let go. */
  reconnect(): void {
    for (const transport of Object.values(this.#transports)) transport.close();
    this.#transports = newTransports();
    this.changed();
    this.#composer.focus();
  }

  /** Sends a text as if it had been typed. */
  submit(text: string): void {
    this.#composer.submit(text);
  }

  newChat(): void {
    this.#stop?.abort();
    this.#items = [];
    this.#stage.clear();
    this.#composer.clear();
    this.#composer.focus();
    announce("New chat");
  }

  /** Shows the request that would be sent now as code; with nothing written, the last one. */
  showCode(body: JsonObject = this.#currentRequest()): void {
    const { session, code } = this.#parts;
    code.show(body, { origin: location.origin, models: session.models, needsKey: session.needsKey });
  }

  #ask({ text, images }: Draft): boolean {
    const { session } = this.#parts;
    if (!session.ready) {
      session.askForKey();
      return false;
    }
    this.#items.push({ kind: "user", text, images });
    this.#stage.offerRetry();
    this.#stage.add(questionView(text, images));
    void this.#run();
    return true;
  }

  #retry(): void {
    this.#items = upToQuestion(this.#items);
    this.#stage.offerRetry();
    this.#stage.backToQuestion();
    // The button that had the focus is gone.
    this.#composer.focus();
    void this.#run();
  }

  async #run(): Promise<void> {
    const { settings, session, speed } = this.#parts;
    const items = this.#items;
    const stop = new AbortController();
    this.#stop = stop;
    this.#composer.setBusy(true);
    announce(`Asking ${settings.model}`);
    await runTurn({
      transport: this.#transports[settings.transport],
      items,
      request: (step) => chatRequest(settings, items, step),
      show: (answer, body) => this.#show(answer, body),
      showTool: (call, result) => this.#stage.add(toolView(call, result)),
      modelNamed: (name) => session.models.find(({ id }) => id === name),
      measured: (answer, figures) => speed.add(answer, figures),
      signal: stop.signal,
    });
    if (this.#stop !== stop) return;
    this.#stop = undefined;
    this.#composer.setBusy(false);
    if (items === this.#items) this.#stage.offerRetry(() => this.#retry());
  }

  #show(answer: Answer, body: JsonObject): ShownAnswer {
    const routed = body.model === "auto";
    const view = new ShownAnswer(answer, {
      routed,
      onCode: () => this.showCode(body),
      onKey: () => this.#parts.session.askForKey(),
      onDrawn: () => this.#stage.follow(),
    });
    this.#stage.add(view.element);
    return view;
  }

  /** What is being written, where a strategy would choose its model. */
  #routedDraft(): JsonObject | undefined {
    const { settings, session } = this.#parts;
    const { text, images } = this.#composer.draft;
    if (settings.model !== "auto" || !session.ready || (text === "" && images.length === 0)) return undefined;
    return chatRequest(settings, [...this.#items, { kind: "user", text, images }]);
  }

  #currentRequest(): JsonObject {
    const { text, images } = this.#composer.draft;
    const isEmpty = text === "" && images.length === 0;
    if (isEmpty && this.#items.length > 0)
      return chatRequest(this.#parts.settings, upToQuestion(this.#items));
    const asked = isEmpty ? (SAMPLES[0]?.text ?? "") : text;
    return chatRequest(this.#parts.settings, [...this.#items, { kind: "user", text: asked, images }]);
  }
}

function newTransports(): Record<Settings["transport"], Transport> {
  return { sse: new SseTransport(clientKey), ws: new WsTransport(clientKey) };
}
