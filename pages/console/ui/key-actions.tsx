import { useSignal } from "@preact/signals";
import { ask } from "../api.ts";
import type { Key } from "../data.ts";
import * as state from "../state.ts";

interface ActionsProps {
  readonly of: Key;
  readonly edit: () => void;
  readonly rotate: (key: Key) => Promise<void>;
}

/** What cannot be taken back asks first. */
export function Actions({ of, edit, rotate }: ActionsProps) {
  const asked = useSignal<"Rotate" | "Revoke" | undefined>(undefined);
  const { id, name, status } = of;
  const disabled = of.limits.disabled === true;
  const revoke = () => change(() => ask(pathOf(id), { method: "DELETE" }));
  if (asked.value !== undefined) {
    const what = asked.value;
    return (
      <>
        <button
          class="link bad"
          type="button"
          ref={(button) => button?.focus()}
          onClick={() => {
            asked.value = undefined;
            void (what === "Rotate" ? rotate(of) : revoke());
          }}
        >
          {what} {name} at once
        </button>
        <button
          class="link"
          type="button"
          onClick={() => {
            asked.value = undefined;
          }}
        >
          Keep it
        </button>
      </>
    );
  }
  if (status === "revoked") {
    return (
      <button class="link" type="button" aria-label={`Remove ${name}`} onClick={() => void revoke()}>
        Remove
      </button>
    );
  }
  return (
    <>
      <button class="link" type="button" aria-label={`Change ${name}`} onClick={edit}>
        Change
      </button>
      <button
        class="link"
        type="button"
        aria-label={`${disabled ? "Enable" : "Disable"} ${name}`}
        onClick={() =>
          void change(() => ask(pathOf(id), { method: "PATCH", body: { disabled: disabled ? null : true } }))
        }
      >
        {disabled ? "Enable" : "Disable"}
      </button>
      {(["Rotate", "Revoke"] as const).map((what) => (
        <button
          key={what}
          class="link"
          type="button"
          aria-label={`${what} ${name}`}
          onClick={() => {
            asked.value = what;
          }}
        >
          {what}
        </button>
      ))}
    </>
  );
}

/** Of a key in the admin API. */
export function pathOf(id: string, rest = ""): string {
  return `/admin/keys/${encodeURIComponent(id)}${rest}`;
}

/** Does something to a key, and shows what has become of it. */
export async function change(work: () => Promise<unknown>): Promise<boolean> {
  const done = await state.attempt(async () => {
    await work();
  });
  return done && state.refresh();
}
