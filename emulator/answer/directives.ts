/** Orders to the emulator inside the user's text: `[[pace 5]]`, `[[repeat 100 word]]`, `[[fault: throttle 3]]`, ... */

export interface Directives {
  /** `name argument` of a fault. */
  readonly fault?: string;
  /** Milliseconds between stream events. */
  readonly pace?: number;
  /** `count` deltas of `word`. */
  readonly repeat?: { readonly count: number; readonly word: string };
  /** Answer with the system prompt. */
  readonly system: boolean;
  /** Decline. */
  readonly refuse: boolean;
  /** Calls in several steps, see plan.ts. */
  readonly plan?: string;
  /** Answer with the JSON that was received. */
  readonly echo: boolean;
  /** The user's text without directives. */
  readonly text: string;
}

const DIRECTIVE = /\[\[\s*(fault|pace|repeat|system|refuse|echo|plan)\b:?\s*([^\]]*?)\s*\]\]/g;

/** Reads and removes the directives of a user's text. The last of a kind wins. */
export function readDirectives(question: string): Directives {
  const found = new Map<string, string>();
  const text = question.replace(DIRECTIVE, (_, name: string, argument: string) => {
    found.set(name, argument);
    return "";
  });
  const fault = found.get("fault");
  const pace = found.get("pace");
  const plan = found.get("plan");
  const repeat = /^(\d+)(?:\s+(\S+))?$/.exec(found.get("repeat") ?? "");
  return {
    ...(fault && { fault }),
    ...(plan && { plan }),
    ...(pace && /^\d+$/.test(pace) && { pace: Number(pace) }),
    ...(repeat && { repeat: { count: Number(repeat[1]), word: repeat[2] ?? "word" } }),
    system: found.has("system"),
    refuse: found.has("refuse"),
    echo: found.has("echo"),
    text: text.trim(),
  };
}

/** Only the directives of a text, as written. */
export function directivesIn(text: string): string {
  return (text.match(DIRECTIVE) ?? []).join("");
}
