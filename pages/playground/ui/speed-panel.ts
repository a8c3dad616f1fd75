import type { Answer } from "../chat/answer.ts";
import type { Figures } from "../metrics/figures.ts";
import { addSample, clearSamples, samples } from "../metrics/log.ts";
import { drawSpeed } from "./chart.ts";
import { byId } from "./dom.ts";

/** The chart of the panel, live. */
export interface SpeedPanel {
  add(answer: Answer, figures: Figures): void;
  /** Draws what is known. */
  draw(): void;
}

export function speedPanel(): SpeedPanel {
  const into = byId("speed", HTMLElement);
  const clear = byId("clear-speed", HTMLButtonElement);
  const draw = (): void => {
    const known = samples();
    clear.hidden = known.length === 0;
    drawSpeed(into, known);
  };
  clear.addEventListener("click", () => {
    clearSamples();
    draw();
  });
  return {
    draw,
    add({ by }, { firstMs, tokensPerSecond }) {
      if (by === undefined || firstMs === undefined) return;
      addSample({ model: by, firstMs, tokensPerSecond });
      draw();
    },
  };
}
