/**
 * Collects everything that is wrong with a configuration, so that one error can list it all, and words it without
 * ever showing a secret: values are quoted only where they cannot be one.
 */
import { kindOf } from "./kind.ts";

/** Keys whose values, and everything below them, are never shown. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  "api_key",
  "api_keys",
  "api_key_env",
  "aws_access_key_id",
  "aws_secret_access_key",
  "aws_session_token",
  "aws_bearer_token",
]);
/** Words of a name that say that its value is one, whatever else the name says. */
const SECRET_WORDS: ReadonlySet<string> = new Set(
  "key keys apikey secret secrets token password passwd passphrase credential credentials authorization bearer webhook".split(
    " ",
  ),
);
/** How keys of providers and of AWS, Bedrock and other services begin, and tokens; or a long word of nothing that one reads. */
const SECRET_VALUE =
  /^\s*(?:sk-|pk-|gsk_|xai-|AKIA|ASIA|ABSK|AIza|eyJ|gh[opsu]_|Bearer )|^\s*[A-Za-z0-9+/_=-]{32,}\s*$/;
const MAX_SHOWN_CHARS = 60;
/** Stands in messages for a value that may be a secret. */
export const HIDDEN = "the value (not shown)";

export class Report {
  readonly problems: string[] = [];
  readonly warnings: string[] = [];

  /** @param text A sentence that says what is wrong and what is wanted. */
  problem(path: string, text: string): void {
    this.problems.push(`${path}: ${text}`);
  }

  /** Says the same of a place once only. */
  warn(path: string, text: string): void {
    const line = `${path} ${text}`;
    if (!this.warnings.includes(line)) this.warnings.push(line);
  }
}

/** Whether values under this key are secrets. */
export function isSecretKey(key: string): boolean {
  return (
    SECRET_KEYS.has(key) ||
    key
      .toLowerCase()
      .split(/[_\-. ]/)
      .some((word) => SECRET_WORDS.has(word))
  );
}

/** The path of `key` inside `path`, e.g. `llms.claude`, or `llms["two words"]` where a dot would mislead. */
export function joinPath(path: string, key: string): string {
  const shown = showName(key);
  if (shown !== key || !/^[\w.:/-]+$/.test(key)) return `${path}[${JSON.stringify(shown)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/**
 * A key that nobody knows, for a message. It may be what a forgotten space or a stray comma left of a secret, so it is
 * shown only as far as it looks like a word.
 */
export function showUnknownKey(key: string): string {
  const word = /^[A-Za-z][A-Za-z _-]{0,39}/.exec(showName(key))?.[0] ?? "";
  return word === key ? key : `${word}…`;
}

/** A value that is no secret, for a message; lists and mappings only by their kind. */
export function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      // Wrong indentation can append a secret's line to the text before it.
      if ([...SECRET_KEYS].some((key) => value.includes(key)) || SECRET_VALUE.test(value)) return HIDDEN;
      return JSON.stringify(cut(value));
    case "number":
    case "boolean":
    case "bigint":
      return String(value);
    default:
      return kindOf(value);
  }
}

/** `api_key:sk-1` is a key together with its secret when a space was forgotten, so it is cut there. */
function showName(key: string): string {
  const word = /^\w+/.exec(key)?.[0] ?? "";
  return word !== key && SECRET_KEYS.has(word) ? `${word}…` : cut(key);
}

function cut(text: string): string {
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
}
