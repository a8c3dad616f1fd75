import type { Explanation } from "../api/client.ts";
import { explainDraft, explanation } from "../preview.ts";
import { Dot } from "./model-card.tsx";

/** Of the models that chance may draw; there is little room. */
const MAX_SHOWN = 1;

/** Which model `auto` would choose for what is being written, and why. */
export function RouteLine() {
  const known = explanation.value;
  if (known === undefined) return null;
  const { strategy, model, reason } = known;
  return (
    <div id="route" class="route">
      <span class="tag">auto</span>
      <Names of={known} />
      <span class="reason" title={reason}>{`${strategy}: ${reason}`}</span>
      {model === null && (
        <button type="button" class="link" onClick={() => void explainDraft(true)}>
          Ask it now
        </button>
      )}
    </div>
  );
}

/** Chance draws anew for the request itself, so there may be no one model to name. */
function Names({ of: { model, chances } }: { readonly of: Explanation }) {
  const drawn = Object.entries(chances).toSorted(([, a], [, b]) => b - a);
  if (drawn.length <= 1) return model === null ? <b>to be asked</b> : <Name name={model} />;
  return (
    <>
      {drawn.slice(0, MAX_SHOWN).map(([name, share]) => (
        <Name key={name} name={name} share={share} />
      ))}
      {drawn.length > MAX_SHOWN && <span class="muted">+{drawn.length - MAX_SHOWN}</span>}
    </>
  );
}

function Name({ name, share }: { readonly name: string; readonly share?: number }) {
  return (
    <b class="choice">
      <Dot model={name} />
      {share === undefined ? name : `${name} ${Math.round(share * 100)} %`}
    </b>
  );
}
