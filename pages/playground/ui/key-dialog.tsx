import { useLayoutEffect, useRef } from "preact/hooks";
import { Dialog } from "../../lib/dialog.tsx";
import { askForKey, asked, tryKey } from "../session.ts";
import { focusPrompt } from "./focus.ts";

/** Where the client key is typed, once. */
export function KeyDialog() {
  const field = useRef<HTMLInputElement>(null);
  const again = asked.value;
  useLayoutEffect(() => {
    if (again !== undefined) field.current?.focus();
  }, [again]);
  const close = () => {
    asked.value = undefined;
  };
  const submit = async (input: HTMLInputElement) => {
    askForKey();
    const wrong = await tryKey(input.value.trim());
    if (wrong !== undefined) {
      askForKey(wrong);
      input.select();
      return;
    }
    close();
    focusPrompt();
  };
  return (
    <Dialog
      id="key-dialog"
      title="Client key"
      open={again !== undefined}
      closed={() => {
        close();
        // A typed key does not stay in the page.
        if (field.current) field.current.value = "";
      }}
    >
      <form
        id="key-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (field.current) void submit(field.current);
        }}
      >
        <p class="muted">
          One of the router’s <code>ROUTER_API_KEYS</code>. It is kept in this tab only and goes to this
          router only. <code>npm start</code> prints one.
        </p>
        <label for="key">Key</label>
        <input
          ref={field}
          id="key"
          type="password"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          required
          aria-describedby="key-problem"
        />
        <p id="key-problem" class="problem" role="alert">
          {again?.problem}
        </p>
        <div class="actions">
          <button class="plain" type="button" onClick={close}>
            Not now
          </button>
          <button class="send" type="submit">
            Use this key
          </button>
        </div>
      </form>
    </Dialog>
  );
}
