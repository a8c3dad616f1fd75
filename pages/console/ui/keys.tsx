import { useSignal } from "@preact/signals";
import { ask } from "../api.ts";
import { type Key, LIMIT_NAMES, newKeyOf } from "../data.ts";
import { CopyButton } from "../../lib/copy-button.tsx";
import { Dialog } from "../../lib/dialog.tsx";
import { dollars } from "../../lib/format.ts";
import { announce } from "../../lib/status.tsx";
import { short } from "../format.ts";
import * as state from "../state.ts";
import { Actions, change, pathOf } from "./key-actions.tsx";
import { KeyForm } from "./key-form.tsx";
import { Table } from "./table.tsx";

const HEADS = ["name", "status", "limits", "#spent this month", "#requests", "actions"];

const GENERAL: Readonly<Record<string, string>> = {
  "*": "each key without limits of its own",
  "**": "all keys together",
};

/** Keys that were made here, those of the configuration, and what all have spent, also those that are in neither any more. */
export function Keys() {
  const edited = useSignal<Key | "new" | undefined>(undefined);
  const made = useSignal<{ readonly name: string; readonly key: string } | undefined>(undefined);
  const known = new Set([...state.keys.value, ...state.written.value].map(({ name }) => name));
  const gone = [...state.spent.value.values()].filter(({ name }) => !known.has(name));
  const rotate = async ({ id, name }: Key) => {
    const done = await change(async () => {
      made.value = { name, key: newKeyOf(await ask(pathOf(id, "/rotate"), { method: "POST", body: {} })) };
    });
    if (done) announce(`${name} has a new key.`);
  };
  return (
    <section class="card" aria-labelledby="keys-title">
      <div class="row spread">
        <h2 id="keys-title">Keys</h2>
        <button
          class="send"
          type="button"
          onClick={() => {
            edited.value = "new";
          }}
        >
          Make a key
        </button>
      </div>
      <Table label="Keys" heads={HEADS} empty="None yet.">
        {[
          ...state.keys.value.map((key) => (
            <tr key={key.id}>
              <th scope="row">{key.name}</th>
              <td>
                <span class={key.status === "active" ? "tag" : "tag bad"}>{key.status}</span>
              </td>
              <td>{limitsText(key)}</td>
              <Spent name={key.name} />
              <td class="actions">
                <Actions
                  of={key}
                  edit={() => {
                    edited.value = key;
                  }}
                  rotate={rotate}
                />
              </td>
            </tr>
          )),
          ...state.written.value.map((key) => (
            <tr key={`written ${key.name}`}>
              <th scope="row">{GENERAL[key.name] ?? key.name}</th>
              <td>
                <span class="tag">configuration</span>
              </td>
              <td>{limitsText(key)}</td>
              {key.name in GENERAL ? <td colSpan={2} /> : <Spent name={key.name} />}
              <td />
            </tr>
          )),
          ...gone.map(({ name }) => (
            <tr key={`gone ${name}`}>
              <th scope="row">{name}</th>
              <td>
                <span class="tag">no key now</span>
              </td>
              <td>–</td>
              <Spent name={name} />
              <td />
            </tr>
          )),
        ]}
      </Table>
      {edited.value !== undefined && (
        <KeyForm
          of={edited.value === "new" ? undefined : edited.value}
          closed={() => {
            edited.value = undefined;
          }}
          made={(name, key) => {
            made.value = { name, key };
          }}
        />
      )}
      {made.value && (
        <Dialog
          title={`The key of ${made.value.name}`}
          closed={() => {
            made.value = undefined;
          }}
        >
          <p>It is shown this once. Only its digest is kept.</p>
          <p class="secret">
            <code>{made.value.key}</code>
          </p>
          <CopyButton class="send" text={() => made.value?.key ?? ""} />
        </Dialog>
      )}
    </section>
  );
}

function Spent({ name }: { readonly name: string }) {
  const used = state.spent.value.get(name);
  return (
    <>
      <td class="number">{dollars(used?.cost ?? 0)}</td>
      <td class="number">{short(used?.requests ?? 0)}</td>
    </>
  );
}

function limitsText({ limits }: Key): string {
  const told = LIMIT_NAMES.flatMap((name) => {
    const value = limits[name];
    if (typeof value !== "number") return [];
    const [what = "", period = ""] = name.split("_");
    return [`${what === "money" ? dollars(value) : `${short(value)} ${what}`} a ${period}`];
  });
  const models = Array.isArray(limits.models) ? [limits.models.join(", ")] : [];
  const expires = typeof limits.expires === "string" ? [`until ${limits.expires.slice(0, 10)}`] : [];
  const disabled = limits.disabled === true ? ["disabled"] : [];
  const all = [...disabled, ...told, ...models, ...expires];
  return all.length === 0 ? "none" : all.join("; ");
}
