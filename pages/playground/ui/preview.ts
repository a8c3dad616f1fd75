/** Which model `auto` would choose for what is being written, asked of `/v1/route` at every pause. No model is called. */
import { type Explanation, explain } from "../api/client.ts";
import { withoutFiles } from "../chat/request.ts";
import type { JsonObject } from "../../lib/json.ts";
import { byId, h } from "./dom.ts";
import { seriesClass } from "./series.ts";

const PAUSE_MS = 400;
/** Of the models that chance may draw; there is little room. */
const MAX_SHOWN = 1;

export class Preview {
  readonly #box = byId("route", HTMLElement);
  readonly #key: () => string;
  readonly #request: () => JsonObject | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = new AbortController();
  #said: { readonly request: string; readonly explanation: Explanation } | undefined;

  /**
   * @param key Gives the client key.
   * @param request The request that would be sent now; undefined when there is nothing to explain.
   */
  constructor(key: () => string, request: () => JsonObject | undefined) {
    this.#key = key;
    this.#request = request;
  }

  /** Something has changed: asks again after a pause. */
  update(): void {
    clearTimeout(this.#timer);
    if (this.#request()) this.#timer = setTimeout(() => void this.#ask(false), PAUSE_MS);
    else this.#hide();
  }

  async #ask(live: boolean): Promise<void> {
    const body = this.#request();
    if (!body) return this.#hide();
    const asked = withoutFiles(body);
    const request = JSON.stringify(asked);
    if (this.#said?.request === request && !live) return this.#show(this.#said.explanation);
    this.#asking.abort();
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const explanation = await explain(this.#key(), asked, live, asking.signal);
      this.#said = { request, explanation };
      this.#show(explanation);
    } catch {
      // The request itself will tell what is wrong.
      if (asking === this.#asking) this.#hide();
    }
  }

  #show(explanation: Explanation): void {
    this.#box.replaceChildren(...line(explanation, () => void this.#ask(true)));
    this.#box.hidden = false;
  }

  #hide(): void {
    this.#asking.abort();
    // Told once: the next turn may be another model's.
    this.#said = undefined;
    this.#box.hidden = true;
    this.#box.replaceChildren();
  }
}

function line({ strategy, model, reason, chances }: Explanation, onclick: () => void): Node[] {
  const drawn = Object.entries(chances).toSorted(([, a], [, b]) => b - a);
  // Chance draws anew for the request itself, so there is no one model to name.
  const names = drawn.length > 1 ? mostLikely(drawn) : [choice(model, undefined)];
  return [
    h("span", { class: "tag" }, "auto"),
    ...names,
    h("span", { class: "reason", title: reason }, `${strategy}: ${reason}`),
    ...(model === null ? [h("button", { type: "button", class: "link", onclick }, "Ask it now")] : []),
  ];
}

function mostLikely(drawn: readonly [string, number][]): HTMLElement[] {
  const shown = drawn.slice(0, MAX_SHOWN).map(([name, share]) => choice(name, share));
  const more = drawn.length - shown.length;
  return more > 0 ? [...shown, h("span", { class: "muted" }, `+${more}`)] : shown;
}

function choice(name: string | null, share: number | undefined): HTMLElement {
  const percent = share === undefined ? "" : ` ${Math.round(share * 100)} %`;
  if (name === null) return h("b", {}, "to be asked");
  return h("b", { class: "choice" }, h("span", { class: `dot ${seriesClass(name)}` }), name + percent);
}
