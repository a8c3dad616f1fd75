import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { CopyButton } from "../../lib/copy-button.tsx";
import { Dialog } from "../../lib/dialog.tsx";
import type { JsonObject } from "../../lib/json.ts";
import { currentRequest } from "../conversation.ts";
import { LANGUAGES } from "../copy-as/index.ts";
import { models, needsKey } from "../session.ts";
import { focusSoon } from "./focus.ts";

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };

const body = signal<JsonObject | undefined>(undefined);
/** Which language, also when it is opened again. */
const chosen = signal(0);

/** Shows a request as code: by default the one that would be sent now. */
export function showCode(request: JsonObject = currentRequest()): void {
  body.value = request;
}

export function CodeDialog() {
  const language = LANGUAGES[chosen.value];
  if (body.value === undefined || language === undefined) return null;
  const context = { origin: location.origin, models: models.value, needsKey: needsKey.value };
  const text = language.write(body.value, context);
  const close = () => {
    body.value = undefined;
  };
  return (
    <Dialog id="code-dialog" title="This request as code" large closed={close}>
      <Tabs />
      {/* Another text begins at its top. */}
      <div
        id="code-panel"
        key={chosen.value}
        role="tabpanel"
        tabIndex={0}
        aria-labelledby={`code-tab-${chosen.value}`}
      >
        <pre>
          <code id="code-text">{text}</code>
        </pre>
      </div>
      <div class="actions">
        <span id="code-note" class="muted small">
          {language.note + (needsKey.value ? " Put your key where it says YOUR_KEY." : "")}
        </span>
        <CopyButton id="code-copy" class="send" text={() => text} />
      </div>
    </Dialog>
  );
}

function Tabs() {
  const list = useRef<HTMLDivElement>(null);
  const step = (event: KeyboardEvent) => {
    const by = STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    chosen.value = (chosen.value + by + LANGUAGES.length) % LANGUAGES.length;
    focusSoon(() => list.current?.querySelector<HTMLElement>('[aria-selected="true"]'));
  };
  return (
    <div
      ref={list}
      id="code-tabs"
      class="tabs"
      role="tablist"
      tabIndex={-1}
      aria-label="Language"
      onKeyDown={step}
    >
      {LANGUAGES.map(({ name }, index) => (
        <button
          key={name}
          id={`code-tab-${index}`}
          type="button"
          role="tab"
          aria-selected={index === chosen.value}
          tabIndex={index === chosen.value ? 0 : -1}
          onClick={() => {
            chosen.value = index;
          }}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
