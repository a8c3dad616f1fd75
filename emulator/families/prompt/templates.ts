/**
 * Prompts in the templates of Llama, Mistral and DeepSeek-R1, taken apart again. Bedrock itself takes any prompt; the emulator
 * insists on the template, because a model asked in any other way answers badly and no error tells.
 */
import { invalid } from "../../bedrock/errors.ts";

export interface PromptTurn {
  readonly role: string;
  readonly text: string;
}

/** A prompt taken apart: turns in order, system text among them. */
export interface ParsedPrompt {
  readonly turns: readonly PromptTurn[];
  /** The assistant's text that the model is to continue; undefined where it begins a turn. */
  readonly prefill?: string;
}

/** Takes a prompt apart, or gives undefined where it is not in the template. */
export type PromptTemplate = (prompt: string) => ParsedPrompt | undefined;

/** The parsed prompt. Throws where it is not in the template. */
export function parsePrompt(prompt: string, template: PromptTemplate): ParsedPrompt {
  const parsed = template(prompt);
  if (parsed === undefined) {
    throw invalid(
      "The emulator: the prompt does not follow this model's template, or holds stray control tokens.",
    );
  }
  return parsed;
}

interface HeaderMarkers {
  readonly before: string;
  readonly after: string;
  readonly end: string;
}

const OPEN = "<|begin_of_text|>";
/** An image's place is the only marker that a turn may hold. */
const CONTROL = /<\|(?!image\|>)\w+\|>/;

function headers({ before, after, end }: HeaderMarkers): PromptTemplate {
  return (prompt) => {
    const [nothing, ...parts] = prompt.startsWith(OPEN) ? prompt.slice(OPEN.length).split(before) : [];
    if (nothing !== "") return undefined;
    const turns: PromptTurn[] = [];
    for (const [index, part] of parts.entries()) {
      const [role = "", text, ...more] = part.split(after);
      const last = index === parts.length - 1;
      const closed = text?.endsWith(end) ?? false;
      if (
        !/^(?:system|user|assistant)$/.test(role) ||
        text === undefined ||
        more.length > 0 ||
        closed === last
      ) {
        return undefined;
      }
      const inner = closed ? text.slice(0, -end.length) : text;
      if (CONTROL.test(inner) || (last && role !== "assistant")) return undefined;
      turns.push({ role, text: inner });
    }
    const prefill = turns.pop()?.text ?? "";
    if (turns.length === 0 && prefill === "") return undefined;
    return { turns, ...(prefill !== "" && { prefill }) };
  };
}

/** Llama 3 to 3.3. */
export const llama3Template = headers({
  before: "<|start_header_id|>",
  after: "<|end_header_id|>\n\n",
  end: "<|eot_id|>",
});
/** Llama 4. */
export const llama4Template = headers({
  before: "<|header_start|>",
  after: "<|header_end|>\n\n",
  end: "<|eot|>",
});

const INST = /^\[INST\] ([\s\S]*) \[\/INST\](?: ([\s\S]+))?$/;
const STRAY = /\[\/?INST\]|<\/?s>/;

/** Turns of the user in `[INST]`, each but the last followed by the assistant's. */
function instTurns(parts: readonly string[]): ParsedPrompt | undefined {
  const turns: PromptTurn[] = [];
  for (const [index, part] of parts.entries()) {
    const [, user, assistant] = INST.exec(part) ?? [];
    const last = index === parts.length - 1;
    if (user === undefined || STRAY.test(user + (assistant ?? ""))) return undefined;
    turns.push({ role: "user", text: user });
    if (last) return { turns, ...(assistant !== undefined && { prefill: assistant }) };
    if (assistant === undefined) return undefined;
    turns.push({ role: "assistant", text: assistant });
  }
  return undefined;
}

/** Llama 2. */
export const llama2Template: PromptTemplate = (prompt) => {
  const parsed = prompt.startsWith("<s>")
    ? instTurns(prompt.slice("<s>".length).split(" </s><s>"))
    : undefined;
  const [first, ...rest] = parsed?.turns ?? [];
  if (parsed === undefined || first === undefined) return undefined;
  const [, system, user] = /^<<SYS>>\n([\s\S]*?)\n<<\/SYS>>\n\n([\s\S]*)$/.exec(first.text) ?? [];
  const head =
    system === undefined
      ? [first]
      : [
          { role: "system", text: system },
          { role: "user", text: user ?? "" },
        ];
  if ([...head, ...rest].some(({ text }) => /<<\/?SYS>>/.test(text))) return undefined;
  return { ...parsed, turns: [...head, ...rest] };
};

/** Mistral's older models. */
export const mistralTemplate: PromptTemplate = (prompt) =>
  prompt.startsWith("<s>") ? instTurns(prompt.slice("<s>".length).split("</s>")) : undefined;

const DEEPSEEK_TURN = /<｜(User|Assistant)｜>((?:(?!<｜)[\s\S])*)(<｜end▁of▁sentence｜>)?/gy;

/** DeepSeek-R1; its reasoning is opened. */
export const deepseekTemplate: PromptTemplate = (prompt) => {
  const [, system, talk] =
    /^<｜begin▁of▁sentence｜>((?:(?!<｜)[\s\S])*)([\s\S]*)<｜Assistant｜><think>\n$/.exec(prompt) ?? [];
  if (talk === undefined || talk === "") return undefined;
  const turns: PromptTurn[] = system ? [{ role: "system", text: system }] : [];
  let end = 0;
  for (const [whole, role = "", text = "", closed] of talk.matchAll(DEEPSEEK_TURN)) {
    if ((role === "Assistant") !== (closed !== undefined)) return undefined;
    turns.push({ role: role.toLowerCase(), text });
    end += whole.length;
  }
  return end === talk.length && turns.at(-1)?.role === "user" ? { turns } : undefined;
};
