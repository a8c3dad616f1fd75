import { useRef } from "preact/hooks";
import { Icon } from "../../lib/icon.tsx";
import { attach, isEmpty, refused, typed } from "../chat/draft.ts";
import { busy, send, stopAnswer } from "../conversation.ts";
import { Attachments } from "./attachments.tsx";
import { focusPrompt, prompt } from "./focus.ts";
import { RouteLine } from "./route-line.tsx";

/** Where a question is written: text, files, Send that becomes Stop while an answer is under way. */
export function Composer() {
  return (
    <form
      id="composer"
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        if (busy.value) stopAnswer();
        else sendOrWrite();
      }}
    >
      <RouteLine />
      <div class="box">
        <Attachments />
        <label for="prompt" class="hidden">
          Message
        </label>
        <p id="attach-note" class="note small" role="alert">
          {refused.value}
        </p>
        <textarea
          ref={prompt}
          id="prompt"
          rows={1}
          enterkeyhint="send"
          placeholder="Message"
          aria-describedby="keys"
          value={typed.value}
          onInput={({ currentTarget }) => {
            typed.value = currentTarget.value;
          }}
          onKeyDown={(event) => {
            // While an input method composes, Enter belongs to it.
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            sendOrWrite();
          }}
        />
        <div class="row">
          <Attach />
          <span id="keys" class="muted small keys">
            <kbd>Enter</kbd> sends · <kbd>Shift</kbd> <kbd>Enter</kbd> new line · <kbd>Esc</kbd> stops
          </span>
          <button id="send" class={busy.value ? "send stop" : "send"} type="submit">
            <span id="send-label">{busy.value ? "Stop" : "Send"}</span>
          </button>
        </div>
      </div>
    </form>
  );
}

function sendOrWrite(): void {
  if (isEmpty.value) focusPrompt();
  else send();
}

function Attach() {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        id="attach"
        class="icon"
        type="button"
        aria-label="Attach images or PDFs"
        title="Attach images or PDFs"
        onClick={() => field.current?.click()}
      >
        <Icon d="M3 4h14v12H3zM9 8.5a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0zM4 15l4-4 3 3 2-2 3 3" />
      </button>
      <input
        ref={field}
        id="files"
        type="file"
        accept="image/png,image/jpeg,image/gif,image/webp,application/pdf"
        multiple
        hidden
        onChange={({ currentTarget }) => {
          void attach(currentTarget.files ?? []);
          currentTarget.value = "";
        }}
      />
    </>
  );
}
