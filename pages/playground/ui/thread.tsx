import { useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { SAMPLES } from "../chat/samples.ts";
import { offerTool } from "../chat/settings.ts";
import { busy, retry, send, shown } from "../conversation.ts";
import { models } from "../session.ts";
import { AnswerArticle } from "./answer.tsx";
import { focusPrompt, follow, scrolled, thread, toEnd } from "./focus.ts";
import { QuestionArticle } from "./question.tsx";
import { ToolArticle } from "./tool.tsx";

/** The conversation on the page. */
export function Thread() {
  const all = shown.value;
  // A new question or answer is wanted in view, wherever the person has scrolled to.
  useLayoutEffect(toEnd, [all]);
  return (
    <div
      ref={thread}
      id="thread"
      class="thread"
      role="log"
      aria-live="off"
      aria-label="Conversation"
      tabIndex={0}
      onScroll={scrolled}
    >
      {all.length === 0 && <Welcome />}
      {all.map((one) => {
        if ("answer" in one) return <AnswerArticle key={one.key} shown={one} />;
        const { key, item } = one;
        return item.kind === "user" ? (
          <QuestionArticle key={key} item={item} />
        ) : (
          <ToolArticle key={key} run={item} />
        );
      })}
      {all.length > 0 && !busy.value && <Retry />}
    </div>
  );
}

function Welcome() {
  return (
    <section id="welcome" class="welcome">
      <h2>Ask through the router</h2>
      <p class="muted">
        One key in front of every model. Choose <b>auto</b> and see which one answers, why, how fast and for
        how much.
      </p>
      <ul id="samples" class="samples">
        {SAMPLES.map(({ text, tool }) => (
          <li key={text}>
            <button
              type="button"
              onClick={() => {
                if (tool !== undefined) offerTool(tool, true);
                send(text);
              }}
            >
              {text}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Asks again below the newest answer. */
function Retry() {
  const model = useSignal("");
  useLayoutEffect(follow, []);
  return (
    <div class="retry">
      <select
        aria-label="Model of the retry"
        value={model.value}
        onChange={({ currentTarget }) => {
          model.value = currentTarget.value;
        }}
      >
        <option value="">with the chosen model</option>
        {models.value.map(({ id }) => (
          <option key={id} value={id}>
            with {id}
          </option>
        ))}
      </select>
      <button
        type="button"
        class="plain"
        onClick={() => {
          retry(model.value === "" ? undefined : model.value);
          // The button that had the focus is gone.
          focusPrompt();
        }}
      >
        ↻ Retry
      </button>
    </div>
  );
}
