import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Problem } from "../../lib/problem.tsx";
import { Status } from "../../lib/status.tsx";
import { adviceFor } from "../api/error.ts";
import { attach } from "../chat/draft.ts";
import { busy, stopAnswer } from "../conversation.ts";
import { start, trouble } from "../session.ts";
import { CodeDialog } from "./code-dialog.tsx";
import { Composer } from "./composer.tsx";
import { closeDrawer, drawerOpen, Shade } from "./drawer.tsx";
import { Emulated } from "./emulated.tsx";
import { KeyDialog } from "./key-dialog.tsx";
import { ModelsDialog } from "./models-dialog.tsx";
import { Panel } from "./panel.tsx";
import { Thread } from "./thread.tsx";
import { Top } from "./top.tsx";

export function App() {
  useEffect(() => {
    document.addEventListener("keydown", onEscape);
    return () => document.removeEventListener("keydown", onEscape);
  }, []);
  return (
    <>
      {/* What is inert takes no focus, so that Tab stays in the drawer. */}
      <a id="skip" class="skip" href="#prompt" inert={drawerOpen.value}>
        Skip to the message
      </a>
      <Top />
      <Panel />
      <Shade />
      <Main />
      <Status />
      <KeyDialog />
      <CodeDialog />
      <ModelsDialog />
    </>
  );
}

/** Before Escape stops an answer, it closes what lies over it. */
function onEscape({ key }: KeyboardEvent): void {
  if (key !== "Escape" || document.querySelector("dialog[open]")) return;
  if (drawerOpen.value) closeDrawer();
  else if (busy.value) stopAnswer();
}

function Main() {
  const dropping = useSignal(false);
  const drop = (event: DragEvent) => {
    dropping.value = false;
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    void attach(event.dataTransfer.files);
  };
  return (
    <main
      id="main"
      class={dropping.value ? "dropping" : undefined}
      inert={drawerOpen.value}
      onPaste={(event) => {
        const found = event.clipboardData?.files ?? [];
        if (found.length > 0) event.preventDefault();
        void attach(found);
      }}
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        dropping.value = true;
      }}
      onDragLeave={() => {
        dropping.value = false;
      }}
      onDrop={drop}
    >
      <Emulated />
      {trouble.value && (
        <Problem id="trouble" error={trouble.value} advice={adviceFor(trouble.value)}>
          <button type="button" class="plain" onClick={() => void start()}>
            Try again
          </button>
        </Problem>
      )}
      <Thread />
      <Composer />
    </main>
  );
}
