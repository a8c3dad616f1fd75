import { Icon } from "../../lib/icon.tsx";
import { change, settings } from "../chat/settings.ts";
import { newChat } from "../conversation.ts";
import { models, ready } from "../session.ts";
import { showCode } from "./code-dialog.tsx";
import { drawerOpen, MenuButton } from "./drawer.tsx";
import { focusPrompt } from "./focus.ts";
import { showModels } from "./models-dialog.tsx";

/** The head of the page: the model, and what can be done with the conversation. */
export function Top() {
  return (
    <header id="top" class="top" inert={drawerOpen.value}>
      <MenuButton />
      <h1>
        <img src="/playground/icon.svg" alt="" width="26" height="26" />
        <span class="brand">
          OpenClaw <span class="brand-rest">Edge Router</span>
        </span>
      </h1>
      <Picker />
      <div class="top-actions">
        <button id="code" class="plain" type="button" title="This request as code" onClick={() => showCode()}>
          <Icon d="m7 6-4 4 4 4M13 6l4 4-4 4" />
          <span>Code</span>
        </button>
        <button
          id="new-chat"
          class="plain"
          type="button"
          title="Start over"
          onClick={() => {
            newChat();
            focusPrompt();
          }}
        >
          <Icon d="M10 4v12M4 10h12" />
          <span>New chat</span>
        </button>
      </div>
    </header>
  );
}

function Picker() {
  const known = ready.value ? models.value.map(({ id }) => id) : ["auto"];
  return (
    <div class="picker">
      <label for="model" class="hidden">
        Model
      </label>
      <select
        id="model"
        disabled={!ready.value}
        value={ready.value ? settings.value.model : "auto"}
        onChange={({ currentTarget }) => change({ model: currentTarget.value })}
      >
        {known.map((id) => (
          <option key={id} value={id}>
            {id}
          </option>
        ))}
      </select>
      <button
        id="compare"
        class="icon"
        type="button"
        disabled={!ready.value}
        aria-label="Compare the models"
        title="Compare the models"
        onClick={showModels}
      >
        <Icon d="M3 4h6v12H3zM11 4h6v12h-6z" />
      </button>
    </div>
  );
}
