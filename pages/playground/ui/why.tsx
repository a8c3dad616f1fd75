import type { Route } from "../api/transport.ts";
import { Dot } from "./model-card.tsx";

/** Folded: why this model, as the router told it with the answer, and what was tried on the way. */
export function Why({ route }: { readonly route: Route }) {
  const { strategy = "", reason = "", trail = [] } = route;
  return (
    <details class="why">
      <summary>Why this model</summary>
      <p>
        <b>{strategy}</b>
        {` – ${reason}`}
      </p>
      {trail.length > 0 && (
        <ol>
          {trail.map(({ model, place, outcome, ms }, index) => (
            <li key={index} class={index === trail.length - 1 ? "first" : undefined}>
              <Dot model={model} />
              <span class="name">{place === "" ? model : `${model} (${place})`}</span>
              <span class="outcome">
                {outcome === "ok" ? `answered in ${ms} ms` : `${outcome} after ${ms} ms`}
              </span>
            </li>
          ))}
        </ol>
      )}
    </details>
  );
}
