import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Question } from "../chat/shown.ts";
import { resend } from "../conversation.ts";
import { Picture } from "./attachments.tsx";
import { focusPrompt, focusSoon } from "./focus.ts";

/** A question of the person: as it was typed, or being written anew. */
export function QuestionArticle({ item }: { readonly item: Question }) {
  const { text, files, lost = 0 } = item;
  const editing = useSignal(false);
  const edit = useRef<HTMLButtonElement>(null);
  const send = (changed: string) => {
    if (changed === "" && files.length === 0) return;
    editing.value = false;
    resend(item, changed);
    focusPrompt();
  };
  const cancel = () => {
    editing.value = false;
    focusSoon(() => edit.current);
  };
  return (
    <article class="question" aria-label="You">
      {files.length > 0 && (
        <div class="pictures">
          {files.map((file, index) => (
            <Picture key={index} file={file} name={`image ${index + 1}`} />
          ))}
        </div>
      )}
      {lost > 0 && <p class="muted small">Files that were not kept: {lost}</p>}
      {text !== "" && !editing.value && <div class="words">{text}</div>}
      {editing.value ? (
        <Editor text={text} send={send} cancel={cancel} />
      ) : (
        <div class="question-foot">
          <button
            ref={edit}
            type="button"
            class="link"
            onClick={() => {
              editing.value = true;
            }}
          >
            Edit
          </button>
        </div>
      )}
    </article>
  );
}

interface EditorProps {
  readonly text: string;
  readonly send: (text: string) => void;
  readonly cancel: () => void;
}

function Editor({ text, send, cancel }: EditorProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    send(field.current?.value.trim() ?? "");
  };
  return (
    <form class="editor" onSubmit={submit}>
      <textarea
        ref={field}
        rows={3}
        aria-label="The question, to be written anew"
        defaultValue={text}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            // Only the editor is left; an answer under way goes on.
            event.stopPropagation();
            cancel();
          } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
        }}
      />
      <div class="actions">
        <button type="button" class="plain" onClick={cancel}>
          Cancel
        </button>
        <button type="submit" class="send">
          Send again
        </button>
      </div>
    </form>
  );
}
