/** The badge that says so where answers are made up. */
import type { Model } from "../api/client.ts";
import { byId } from "./dom.ts";

/** Shows who of the models the local emulator answers for; nothing where it answers for none. */
export function showEmulated(models: readonly Model[]): void {
  const real = models.filter(({ id }) => id !== "auto");
  const emulated = real.filter((model) => model.emulated);
  const whom = emulated.length === real.length ? "" : ` for ${emulated.map(({ id }) => id).join(", ")}`;
  const badge = byId("emulated", HTMLElement);
  badge.hidden = emulated.length === 0;
  badge.textContent = `Local emulator${whom}: answers are made up, nothing is billed.`;
}
