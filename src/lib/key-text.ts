/**
 * Keys that are made at run time: `sk-ocr-<id>-<secret>`, 12 and 32 characters of base62. The last six are a checksum of what stands
 * before them, so that what is mistyped or invented is refused without asking anybody.
 */

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_CHARS = 12;
const SECRET_CHARS = 26;
const CHECK_CHARS = 6;
const FORM = /^(sk-ocr-([0-9A-Za-z]{12})-[0-9A-Za-z]{26})([0-9A-Za-z]{6})$/;
export const KEY_ID = /^[0-9A-Za-z]{12}$/;

const encoder = new TextEncoder();

/** A new key for an id. */
export async function newKeyText(id: string): Promise<string> {
  const text = `sk-ocr-${id}-${randomText(SECRET_CHARS)}`;
  return text + (await checksum(text));
}

export function newKeyId(): string {
  return randomText(ID_CHARS);
}

/** The id of a key of this form; undefined for any other text. */
export async function keyIdOf(key: string): Promise<string | undefined> {
  const [, text, id, check] = FORM.exec(key) ?? [];
  if (text === undefined || (await checksum(text)) !== check) return undefined;
  return id;
}

async function checksum(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(text));
  let rest = new DataView(digest).getUint32(0);
  let out = "";
  for (let at = 0; at < CHECK_CHARS; at++) {
    out = (ALPHABET[rest % ALPHABET.length] ?? "") + out;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return out;
}

/** Every character as likely as any other: bytes beyond the last whole alphabet are left out. */
function randomText(chars: number): string {
  const most = 256 - (256 % ALPHABET.length);
  let out = "";
  while (out.length < chars) {
    for (const byte of crypto.getRandomValues(new Uint8Array(2 * chars))) {
      if (byte < most && out.length < chars) out += ALPHABET[byte % ALPHABET.length];
    }
  }
  return out;
}
