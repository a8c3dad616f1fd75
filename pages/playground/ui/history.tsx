import { conversations, open, remove } from "../conversation.ts";
import { closeDrawer } from "./drawer.tsx";
import { focusPrompt, focusSoon } from "./focus.ts";

/** The tab's conversations. */
export function History() {
  const { list, current } = conversations;
  if (list.length === 0) return null;
  return (
    <section id="history" aria-labelledby="history-title">
      <h2 id="history-title" class="title">
        Conversations of this tab
      </h2>
      <ul id="conversations" class="conversations">
        {list.map(({ id, title }) => (
          <li key={id}>
            <button
              type="button"
              class="kept"
              aria-current={id === current ? "true" : undefined}
              onClick={() => {
                closeDrawer();
                open(id);
                focusPrompt();
              }}
            >
              {title}
            </button>
            <button
              type="button"
              class="remove"
              aria-label={`Delete “${title}”`}
              onClick={() => {
                remove(id);
                // The button that had the focus is gone.
                focusSoon(() => document.querySelector<HTMLElement>("#conversations .kept, #system"));
              }}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
