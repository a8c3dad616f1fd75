/** AWS's texts without what must not leave the router, or not even reach its log. */

const MAX_PUBLIC_CHARS = 500;

/** Identifiers of access keys and IAM principals. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
const KEY_IDS = /A(?:KIA|SIA|ROA|IDA|BIA|CCA|GPA|IPA|NPA|NVA|PKA|SCA)[A-Z0-9]{8,}/g;
/** Bedrock API keys, long-term and short-term. */
const API_KEYS = /ABSK[A-Za-z0-9+/=]{8,}|bedrock-api-key-[A-Za-z0-9+/=]+/g;
/** A secret key has 40 characters of base64, a session token hundreds; ids of tool calls and requests are shorter. */
const LONG_RUNS = /[A-Za-z0-9+/=_-]{40,}/g;
const ARNS = /arn(?::|%3a)aws[^\s"'<>]*/gi;
const ACCOUNTS = /(?<!\d)(?:\d{12}|\d{4}-\d{4}-\d{4})(?!\d)/g;

/** Without keys, tokens and signatures; for logs. */
export function withoutSecrets(text: string): string {
  return text
    .replace(LONG_RUNS, (run) => (isSecret(run) ? "[secret]" : run))
    .replace(API_KEYS, "[key]")
    .replace(KEY_IDS, "[key]");
}

/** Words joined by `-`, `_` or `/` are of one case; signatures are hexadecimal. */
function isSecret(run: string): boolean {
  return (/[A-Z]/.test(run) && /[a-z]/.test(run)) || /[0-9a-f]{64}/.test(run);
}

/** For clients: also without ARNs and account numbers; at most 500 characters on one line. */
export function publicText(message: string): string {
  const text = withoutSecrets(message.replace(ARNS, "[arn]"))
    .replace(ACCOUNTS, "[account]")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
    .replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, " ")
    .trim();
  return text === "" ? "(no message)" : text.slice(0, MAX_PUBLIC_CHARS).toWellFormed();
}
