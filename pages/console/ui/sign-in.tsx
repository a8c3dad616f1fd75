import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { hasAdmin } from "../api.ts";
import * as state from "../state.ts";

/** Asks for the admin's key; says so where the router has none. */
export function SignIn() {
  const key = useSignal("");
  const closed = useSignal(false);
  useEffect(() => {
    hasAdmin().then(
      (there) => {
        closed.value = !there;
      },
      () => {},
    );
  }, []);
  if (closed.value) {
    return (
      <section class="card narrow">
        <h2>This router has no console</h2>
        <p>
          It opens with an admin's key, and none is set: <code>npx wrangler secret put ROUTER_ADMIN_KEY</code>
          , at least 16 characters. This page itself holds nothing.
        </p>
      </section>
    );
  }
  return (
    <form
      class="card narrow"
      onSubmit={(event) => {
        event.preventDefault();
        const sent = key.value.trim();
        key.value = "";
        void state.signIn(sent);
      }}
    >
      <h2>Sign in</h2>
      <p class="muted">
        With the router's <code>ROUTER_ADMIN_KEY</code>. It stays in this page's memory: a reload forgets it.
      </p>
      <label for="admin-key">Admin key</label>
      <input
        id="admin-key"
        type="password"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        required
        value={key.value}
        onInput={({ currentTarget }) => {
          key.value = currentTarget.value;
        }}
      />
      <button class="send" type="submit">
        Sign in
      </button>
    </form>
  );
}
