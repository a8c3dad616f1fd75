/** The playground: see ui/app.tsx for the page, conversation.ts for what it does. */
import { effect, untracked } from "@preact/signals";
import { render } from "preact";
import { reconnect, restoreLast } from "./conversation.ts";
import { settings } from "./chat/settings.ts";
import { takeFromAddress } from "./key.ts";
import { seriesClass } from "./series.ts";
import { models, start } from "./session.ts";
import { App } from "./ui/app.tsx";
import { focusPrompt } from "./ui/focus.ts";

const root = document.getElementById("app");
if (root === null) throw new Error("playground.html has no #app");
restoreLast();
render(<App />, root);

// Another key, or other models.
effect(() => {
  const known = models.value.map(({ id }) => id);
  untracked(() => {
    // Each has a colour before an answer needs one.
    for (const id of known) if (id !== "auto") seriesClass(id);
    const { model } = settings.value;
    if (!known.includes(model) && known.length > 0)
      settings.value = { ...settings.value, model: known[0] ?? "auto" };
    reconnect();
    if (known.length > 0) focusPrompt();
  });
});
addEventListener("hashchange", () => {
  if (takeFromAddress() !== undefined) location.reload();
});
void start();
