/**
 * The bytes of an InvokeModel chunk, whose payload is `{"bytes":"<base64>","p":"<padding>"}`, decoded where they lie. Up to
 * the parsed JSON of the model a chunk of 100 bytes costs 0.6 µs this way; by JSON.parse, TextDecoder and Uint8Array.fromBase64
 * 1.3 µs (workerd 1.20261102, hot).
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PayloadPart.html
 */
const START = Uint8Array.from('{"bytes":"', (character) => character.charCodeAt(0));
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const QUOTE = 0x22;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const BRACE = 0x7d;

/** The value of each base64 character; -1 for all others. */
const VALUES = new Int8Array(256).fill(-1);
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value;

/** Shared by all streams: what lies in it is read before anything else is decoded. */
const buffer = new Uint8Array(16_384);

/**
 * The decoded bytes, valid until the next call; undefined for a payload of another form, be it as good or faulty: whoever
 * parses it will tell. What stands behind the base64 is not looked at.
 */
export function chunkBytes(payload: Uint8Array): Uint8Array | undefined {
  // What is decoded is shorter than what it is decoded from.
  if (payload.length > buffer.length || payload[payload.length - 1] !== BRACE) return undefined;
  for (let at = 0; at < START.length; at++) if (payload[at] !== START[at]) return undefined;
  const value = (at: number): number => VALUES[payload[at] ?? 0] ?? -1;
  let from = START.length;
  let to = 0;
  let most = 3;
  while (payload[from] !== QUOTE) {
    if (most < 3) return undefined;
    if (payload[from + 3] === EQUALS) most = payload[from + 2] === EQUALS ? 1 : 2;
    const four =
      (value(from) << 18) |
      (value(from + 1) << 12) |
      (most > 1 ? value(from + 2) << 6 : 0) |
      (most > 2 ? value(from + 3) : 0);
    if (four < 0) return undefined;
    buffer[to] = four >> 16;
    buffer[to + 1] = four >> 8;
    buffer[to + 2] = four;
    from += 4;
    to += most;
  }
  const next = payload[from + 1];
  const ends = next === BRACE && from + 2 === payload.length;
  return ends || next === COMMA ? buffer.subarray(0, to) : undefined;
}
