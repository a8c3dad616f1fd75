import { dollars } from "../../lib/format.ts";
import { orDash, percent, short } from "../format.ts";
import * as state from "../state.ts";
import { Table } from "./table.tsx";

const HEADS = ["model", "upstream", "#window", "#in", "#out", "#requests", "#errors", "health"];

export function Models() {
  return (
    <section class="card" aria-labelledby="models-title">
      <h2 id="models-title">
        Models <span class="muted small">prices in US dollars per million tokens</span>
      </h2>
      <Table label="Models" heads={HEADS} empty="None.">
        {state.models.value.map(({ name, upstream, owner, window, input, output, rests }) => {
          const used = state.modelUse.value.get(name);
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                {upstream} <span class="muted">{owner}</span>
              </td>
              <td class="number">{orDash(window, short)}</td>
              <td class="number">{orDash(input, dollars)}</td>
              <td class="number">{orDash(output, dollars)}</td>
              <td class="number">{short(used?.requests ?? 0)}</td>
              <td class="number">{percent(used?.errors ?? 0, used?.requests ?? 0)}</td>
              <td>
                <span class={rests > 0 ? "tag bad" : "tag"}>{rests > 0 ? `rests ${rests} s` : "ready"}</span>
              </td>
            </tr>
          );
        })}
      </Table>
      <p class="muted small">
        What rests after failures is remembered by each isolate for itself: this is what the one knew that was
        asked.
      </p>
    </section>
  );
}
