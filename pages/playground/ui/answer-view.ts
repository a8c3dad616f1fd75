/** One answer on the page, from the moment it is asked for. */
import type { Answer } from "../chat/answer.ts";
import type { AnswerView } from "../chat/turn.ts";
import { paced } from "../markdown/pace.ts";
import { growingMarkdown } from "../markdown/stream.ts";
import { duration } from "../metrics/figures.ts";
import { copyButton, frameCode } from "./copy-button.ts";
import { announce, h } from "./dom.ts";
import { figureList } from "./figure-list.ts";
import { whyView } from "./messages.ts";
import { problemView } from "./problem.ts";
import { seriesClass } from "./series.ts";

export interface AnswerActions {
  /** Whether a strategy chooses the model. */
  readonly routed: boolean;
  /** Shows the request as code. */
  readonly onCode: () => void;
  /** The person wants to enter another key. */
  readonly onKey: () => void;
  /** Called after each drawing. */
  readonly onDrawn: () => void;
}

/** How an answer ended, where that was not by itself. */
const ENDS: Readonly<Record<string, string>> = {
  length: "Cut off: the limit of tokens was reached.",
  content_filter: "The model declined, or a filter ended the answer.",
};

export class ShownAnswer implements AnswerView {
  readonly element: HTMLElement;
  readonly #answer: Answer;
  readonly #actions: AnswerActions;
  readonly #dot = h("span", { class: "dot" });
  readonly #by = h("span", { class: "by" }, "waiting for a model");
  /** Stands where the router's reason will. */
  readonly #why = document.createComment("why");
  readonly #thought = document.createTextNode("");
  readonly #thinking = h("summary", {}, "Reasoning");
  readonly #reasoning = h(
    "details",
    { class: "reasoning", hidden: true },
    this.#thinking,
    h("div", { class: "thought" }, this.#thought),
  );
  readonly #text = h("div", { class: "md" });
  readonly #notes = h("div", { class: "notes" });
  readonly #foot = h("footer");
  readonly #markdown = growingMarkdown(this.#text);
  readonly #pace = paced(() => this.#draw());

  /** @param answer Read at each drawing. */
  constructor(answer: Answer, actions: AnswerActions) {
    this.#answer = answer;
    this.#actions = actions;
    this.element = h(
      "article",
      { class: "answer", "aria-label": "Answer", "aria-busy": "true" },
      h("header", {}, this.#dot, this.#by),
      this.#why,
      this.#reasoning,
      this.#text,
      this.#notes,
      this.#foot,
    );
  }

  grown(): void {
    this.#pace.request();
  }

  note(text: string): void {
    this.#notes.append(h("p", { class: "note" }, text));
    this.#actions.onDrawn();
  }

  ended(): void {
    const text = this.show();
    const { by = "Answer", stopped, problem } = this.#answer;
    // A problem announces itself.
    if (!problem) announce(stopped ? "Stopped." : `${by}: ${text}`);
  }

  /** Shows an answer that is over, whatever was drawn so far. Gives the text that can be read. */
  show(): string {
    const { by, stopped, problem } = this.#answer;
    const text = this.#end();
    if (by === undefined) this.#by.textContent = "no answer";
    if (stopped) this.note("Stopped.");
    if (problem) this.#notes.append(problemView(problem, this.#actions.onKey));
    this.#actions.onDrawn();
    return text;
  }

  #draw(): void {
    this.#drawHead();
    if (this.#answer.text !== "") this.#markdown.show(this.#answer.text);
    this.#actions.onDrawn();
  }

  #drawHead(): void {
    const { by, reasoning, route } = this.#answer;
    // A model that was named and answered at once needs no reason.
    const isTold = route.reason !== undefined && (this.#actions.routed || (route.trail ?? []).length > 1);
    if (isTold && this.#why.parentNode !== null) this.#why.replaceWith(whyView(route));
    if (by !== undefined && this.#by.textContent !== by) {
      this.#by.textContent = by;
      this.#dot.classList.add(seriesClass(by));
    }
    if (reasoning.length > this.#thought.length) {
      this.#reasoning.hidden = false;
      this.#thought.appendData(reasoning.slice(this.#thought.length));
    }
  }

  #end(): string {
    const answer = this.#answer;
    this.#pace.cancel();
    this.#drawHead();
    if (answer.text !== "") this.#markdown.finish(answer.text);
    const text = this.#text.textContent;
    frameCode(this.#text);
    if (answer.reasoning !== "") this.#thinking.textContent = reasoningTitle(answer);
    for (const note of notesOn(answer)) this.note(note);
    const copy = answer.text === "" ? undefined : copyButton(() => answer.text);
    const code = h("button", { type: "button", class: "link", onclick: this.#actions.onCode }, "Code");
    this.#foot.append(figureList(answer, answer.figures), h("div", { class: "actions" }, copy, code));
    this.element.removeAttribute("aria-busy");
    return text;
  }
}

function notesOn({ route, finish = "" }: Answer): string[] {
  const { dropped, unknownModel } = route;
  return [
    dropped.length > 0 ? `Left out or lowered for this model: ${dropped.join(", ")}.` : undefined,
    unknownModel === undefined ? undefined : `The router has no model “${unknownModel}”, so it chose.`,
    ENDS[finish],
  ].filter((note) => note !== undefined);
}

function reasoningTitle({ firstAt, textAt, endedAt }: Answer): string {
  const until = textAt ?? endedAt;
  if (firstAt === undefined || until === undefined) return "Reasoning";
  return `Reasoning · ${duration(until - firstAt)}`;
}
