/**
 * What agents put around a user's words: OpenClaw context blocks and a line about its runtime, then also the time in front; Claude
 * Code reminders. Their names of tools (`exec`, `Bash`) ask for none to be called. Nor does a remark in brackets that is all of a text, as
 * it stands beside pictures that came from somewhere else.
 */
const CONTEXT = /<<<BEGIN_(\w+)>>>[\s\S]*?<<<END_\1>>>|<system-reminder>[\s\S]*?<\/system-reminder>/g;
const RUNTIME = /^Runtime: .*$/gm;
const TIME = /^\s*\[[^\]\n]*\d:\d\d[^\]\n]*\]\s*/;

const REMARK = /^\s*\([^()]*\)\s*$/;

/** A user's text without an agent's additions; as it is where there are none. */
export function userWords(text: string): string {
  if (REMARK.test(text)) return "";
  const words = text.replace(CONTEXT, "").replace(RUNTIME, "");
  return words === text ? text : words.replace(TIME, "").trim();
}
