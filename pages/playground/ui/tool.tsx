import { parseJson } from "../../lib/json.ts";
import type { ToolRun } from "../chat/shown.ts";

/** A tool call and what the page answered. */
export function ToolArticle({ run }: { readonly run: ToolRun }) {
  const { call, result } = run;
  return (
    <article class="tool" aria-label={`Tool ${call.name}`}>
      <header>
        <span class="tag">tool</span>
        <code>{call.name}</code> ran in this page
      </header>
      <Said name="Asked" value={tidy(call.arguments)} />
      <Said name="Answered" value={JSON.stringify(result)} />
    </article>
  );
}

function Said({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <dl>
      <dt>{name}</dt>
      <dd>
        <code>{value}</code>
      </dd>
    </dl>
  );
}

function tidy(input: string): string {
  const value = parseJson(input);
  return value === undefined ? input : JSON.stringify(value);
}
