import { useLayoutEffect, useRef } from "preact/hooks";
import { CopyButton } from "../../lib/copy-button.tsx";
import { duration } from "../../lib/format.ts";
import { Problem } from "../../lib/problem.tsx";
import { announce } from "../../lib/status.tsx";
import { adviceFor } from "../api/error.ts";
import type { Answer } from "../chat/answer.ts";
import type { ShownAnswer } from "../chat/shown.ts";
import { Markdown } from "../markdown/markdown.tsx";
import { askForKey } from "../session.ts";
import { showCode } from "./code-dialog.tsx";
import { FigureList } from "./figure-list.tsx";
import { follow } from "./focus.ts";
import { Dot } from "./model-card.tsx";
import { Why } from "./why.tsx";

/** How an answer ended, where that was not by itself. */
const ENDS: Readonly<Record<string, string>> = {
  length: "Cut off: the limit of tokens was reached.",
  content_filter: "The model declined, or a filter ended the answer.",
};

/** One answer on the page, from the moment it is asked for. */
export function AnswerArticle({ shown }: { readonly shown: ShownAnswer }) {
  const { notes, over, live } = shown.seen.value;
  const { answer, request } = shown;
  const { by, text, reasoning, route, stopped, problem } = answer;
  const words = useRef<HTMLDivElement>(null);
  useLayoutEffect(follow);
  useLayoutEffect(() => {
    // A problem announces itself.
    if (over && live && !problem)
      announce(stopped ? "Stopped." : `${by ?? "Answer"}: ${spoken(words.current)}`);
  }, [over]);
  // A model that was named and answered at once needs no reason.
  const isTold = route.reason !== undefined && (answer.asked === "auto" || (route.trail ?? []).length > 1);
  const told = over ? [...notes, ...notesOn(answer), ...(stopped ? ["Stopped."] : [])] : notes;
  return (
    <article class="answer" aria-label="Answer" aria-busy={over ? undefined : "true"}>
      <header>
        {by === undefined ? <span class="dot" /> : <Dot model={by} />}
        <span class="by">{by ?? (over ? "no answer" : "waiting for a model")}</span>
      </header>
      {isTold && <Why route={route} />}
      {reasoning !== "" && (
        <details class="reasoning">
          <summary>{over ? reasoningTitle(answer) : "Reasoning"}</summary>
          <div class="thought">{reasoning}</div>
        </details>
      )}
      <div ref={words} class="md">
        {text !== "" && <Markdown text={text} whole={over} />}
      </div>
      <div class="notes">
        {told.map((note, index) => (
          <p key={index} class="note">
            {note}
          </p>
        ))}
        {over && problem && (
          <Problem error={problem} advice={adviceFor(problem)}>
            {problem.code === "invalid_api_key" && (
              <button type="button" class="plain" onClick={() => askForKey()}>
                Change key
              </button>
            )}
          </Problem>
        )}
      </div>
      {over && (
        <footer>
          <FigureList answer={answer} />
          <div class="actions">
            {text !== "" && <CopyButton text={() => text} />}
            <button type="button" class="link" onClick={() => showCode(request())}>
              Code
            </button>
          </div>
        </footer>
      )}
    </article>
  );
}

function notesOn({ route, finish = "" }: Answer): string[] {
  const { dropped, unknownModel } = route;
  return [
    dropped.length > 0 ? `Left out or lowered for this model: ${dropped.join(", ")}.` : undefined,
    unknownModel === undefined ? undefined : `The router has no model “${unknownModel}”, so it chose.`,
    ENDS[finish],
  ].filter((note) => note !== undefined);
}

function reasoningTitle({ firstAt, textAt, endedAt }: Answer): string {
  const until = textAt ?? endedAt;
  if (firstAt === undefined || until === undefined) return "Reasoning";
  return `Reasoning · ${duration(until - firstAt)}`;
}

/** What can be read of an answer, without the heads of its blocks of code. */
function spoken(words: HTMLElement | null): string {
  const copy = words?.cloneNode(true);
  if (!(copy instanceof HTMLElement)) return "";
  for (const head of copy.querySelectorAll(".code-head")) head.remove();
  return Array.from(copy.children, (block) => block.textContent).join("\n");
}
