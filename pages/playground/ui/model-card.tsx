/** What is known of a model. */
import type { Model } from "../api/client.ts";
import { compact } from "../metrics/figures.ts";
import { seriesClass } from "../series.ts";

/** Short facts: abilities, window, limits, price. */
export function factsOf(model: Model): string[] {
  const { capabilities, contextWindow, maxOutput, inputPrice, outputPrice, emulated } = model;
  const price =
    inputPrice === undefined || outputPrice === undefined
      ? undefined
      : `$${inputPrice} / $${outputPrice} per M`;
  return [
    ...capabilities,
    contextWindow === undefined ? undefined : `${compact(contextWindow)} context`,
    maxOutput === undefined ? undefined : `${compact(maxOutput)} output`,
    // The list price of what the emulator stands for would be a lie about what a call costs here.
    emulated ? "nothing billed" : price,
  ].filter((fact) => fact !== undefined);
}

/** Who answers in truth: provider, the upstream's own id, regions. */
export function whereOf({ provider, upstream, regions, emulated }: Model): string {
  if (upstream === "") return "";
  const where = emulated ? "local emulator in place of " : "";
  const places = regions.length === 0 ? "" : ` in ${regions.join(", ")}`;
  return `${where}${provider}${places} · ${upstream}`;
}

/** A model's colour, the same wherever it is shown. */
export function Dot({ model }: { readonly model: string }) {
  return <span class={`dot ${seriesClass(model)}`} />;
}

/** All of it below each other, for a list of models; `auto` has no colour. */
export function ModelCard({ model }: { readonly model: Model }) {
  const { id, description } = model;
  const where = whereOf(model);
  return (
    <>
      <span class="model-name">
        {id !== "auto" && <Dot model={id} />}
        <b>{id}</b>
      </span>
      {description !== "" && <span class="muted">{description}</span>}
      <span class="tags">
        {factsOf(model).map((fact) => (
          <span key={fact} class="tag">
            {fact}
          </span>
        ))}
      </span>
      {where !== "" && <span class="muted small where">{where}</span>}
    </>
  );
}
