import { CROSS, Icon } from "../../lib/icon.tsx";
import { change, offerTool, settings } from "../chat/settings.ts";
import { TOOLS } from "../chat/tools.ts";
import { clientKey } from "../key.ts";
import { askForKey, forgetKey, models, needsKey, ready } from "../session.ts";
import { closeButton, closeDrawer, drawerOpen } from "./drawer.tsx";
import { History } from "./history.tsx";
import { factsOf, whereOf } from "./model-card.tsx";
import { Parameters } from "./parameters.tsx";
import { Speed } from "./speed.tsx";

/** So much of a key is shown, and only of one that is long enough. */
const SHOWN_CHARS = 4;
const LONG_KEY_CHARS = 16;
const TRANSPORTS = [
  ["sse", "SSE"],
  ["ws", "WebSocket"],
] as const;

/** Settings and speed: beside the conversation, or a drawer. */
export function Panel() {
  const open = drawerOpen.value;
  return (
    <section
      id="panel"
      class={open ? "open" : undefined}
      {...(open && { role: "dialog", "aria-modal": true })}
      aria-label="Settings and speed"
    >
      <div class="row panel-head narrow-only">
        <span class="title">Settings and speed</span>
        <button
          ref={closeButton}
          id="close-panel"
          class="icon"
          type="button"
          aria-label="Close the settings"
          onClick={closeDrawer}
        >
          <Icon d={CROSS} />
        </button>
      </div>
      <History />
      <About />
      <Transport />
      <section>
        <label for="system" class="title">
          System prompt
        </label>
        <textarea
          id="system"
          rows={3}
          placeholder="None"
          value={settings.value.system}
          onInput={({ currentTarget }) => change({ system: currentTarget.value })}
        />
      </section>
      <Tools />
      <Parameters />
      <Speed />
      <KeyState />
    </section>
  );
}

function About() {
  const model = models.value.find(({ id }) => id === settings.value.model);
  const facts = model === undefined ? [] : factsOf(model);
  return (
    <section class="about">
      <p id="model-about" class="muted">
        {model?.description}
      </p>
      {facts.length > 0 && (
        <ul id="model-facts" class="tags" aria-label="About the model">
          {facts.map((fact) => (
            <li key={fact} class="tag">
              {fact}
            </li>
          ))}
        </ul>
      )}
      <p id="model-where" class="muted small where">
        {model && whereOf(model)}
      </p>
    </section>
  );
}

function Transport() {
  return (
    <fieldset class="segments">
      <legend>Transport</legend>
      <div class="pair">
        {TRANSPORTS.map(([transport, name]) => (
          <label key={transport}>
            <input
              type="radio"
              name="transport"
              value={transport}
              checked={settings.value.transport === transport}
              onChange={() => change({ transport })}
            />
            <span>{name}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Tools() {
  return (
    <fieldset id="tools">
      <legend>Tools that run in this page</legend>
      {TOOLS.map(({ name, label, description }) => (
        <label key={name} class="check" title={description}>
          <input
            type="checkbox"
            value={name}
            checked={settings.value.tools.includes(name)}
            onChange={({ currentTarget }) => offerTool(name, currentTarget.checked)}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

function KeyState() {
  const key = clientKey.value;
  const end = key.length < LONG_KEY_CHARS ? "" : ` …${key.slice(-SHOWN_CHARS)}`;
  const none = ready.value && !needsKey.value ? "No key needed" : "No key";
  return (
    <section class="key">
      <span id="key-state" class="muted small">
        {key === "" ? none : `Key${end}, kept in this tab`}
      </span>
      <button id="change-key" class="link" type="button" onClick={() => askForKey()}>
        {key === "" ? "Enter key" : "Change"}
      </button>
      {key !== "" && (
        <button id="forget-key" class="link" type="button" onClick={forgetKey}>
          Forget
        </button>
      )}
    </section>
  );
}
