import { useSignal } from "@preact/signals";
import { Dialog } from "../../lib/dialog.tsx";
import { ask } from "../api.ts";
import { type Key, LIMIT_NAMES, newKeyOf } from "../data.ts";
import * as state from "../state.ts";

const LABELS = {
  money_day: "US dollars a day",
  money_month: "US dollars a month",
  requests_minute: "Requests a minute",
  tokens_minute: "Tokens a minute",
};

interface KeyFormProps {
  /** Undefined: a new one. */
  readonly of: Key | undefined;
  readonly closed: () => void;
  readonly made: (name: string, key: string) => void;
}

/** Makes a key, or changes the limits of one. An empty field is no limit. */
export function KeyForm({ of, closed, made }: KeyFormProps) {
  const problem = useSignal("");
  const limit = (name: string): string => {
    const value = of?.limits[name];
    if (Array.isArray(value)) return value.join(", ");
    if (name === "expires" && typeof value === "string") return value.slice(0, 10);
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  const save = async (form: HTMLFormElement) => {
    const data = new FormData(form);
    const name = textIn(data, "name");
    const limits = changedLimits(data, limit);
    try {
      if (of === undefined) made(name, newKeyOf(await ask("/admin/keys", post({ name, ...limits }))));
      else await ask(`/admin/keys/${encodeURIComponent(of.id)}`, { method: "PATCH", body: limits });
    } catch (thrown) {
      problem.value = state.asApiError(thrown).message;
      return;
    }
    closed();
    await state.refresh();
  };
  return (
    <Dialog title={of === undefined ? "A new key" : `Limits of ${of.name}`} closed={closed}>
      <form
        class="limits"
        onSubmit={(event) => {
          event.preventDefault();
          void save(event.currentTarget);
        }}
      >
        {of === undefined && (
          <label>
            Name
            <input name="name" required pattern="[A-Za-z0-9._\-]{1,64}" autocomplete="off" />
          </label>
        )}
        {LIMIT_NAMES.map((name) => (
          <label key={name}>
            {LABELS[name]}
            <input
              {...{ name, type: "number", min: "0", step: name.startsWith("money") ? "any" : "1" }}
              inputMode="decimal"
              defaultValue={limit(name)}
              placeholder="no limit"
            />
          </label>
        ))}
        <label>
          Models, with commas
          <input name="models" defaultValue={limit("models")} placeholder="all" autocomplete="off" />
        </label>
        <label>
          Tags, with commas
          <input name="tags" defaultValue={limit("tags")} placeholder="none" autocomplete="off" />
        </label>
        <label>
          Expires, at the day's beginning (UTC)
          <input name="expires" type="date" defaultValue={limit("expires")} />
        </label>
        <p class="problem" role="alert">
          {problem.value}
        </p>
        <button class="send" type="submit">
          {of === undefined ? "Make it" : "Save"}
        </button>
      </form>
    </Dialog>
  );
}

function post(body: object) {
  return { method: "POST" as const, body };
}

/** What the form says otherwise than it did; `null` takes a limit off. */
function changedLimits(form: FormData, before: (name: string) => string): Record<string, unknown> {
  const names = [...LIMIT_NAMES, "models", "tags", "expires"] as const;
  return Object.fromEntries(
    names.flatMap((name): [string, unknown][] => {
      const text = textIn(form, name);
      return text === before(name) ? [] : [[name, limitOf(name, text)]];
    }),
  );
}

function limitOf(name: string, text: string): unknown {
  if (text === "") return null;
  if (name === "expires") return text;
  return name === "models" || name === "tags" ? listOf(text) : Number(text);
}

function textIn(form: FormData, name: string): string {
  return String(form.get(name) ?? "").trim();
}

function listOf(text: string): string[] {
  return text.split(",").flatMap((word) => (word.trim() === "" ? [] : [word.trim()]));
}
