/** The size of an image in pixels, from the head of its file: PNG, JPEG, GIF, WebP. */

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** A camera's notes and thumbnails stand before the size in a JPEG; more of them is not read. */
const HEAD_BYTES = 262_144;

/**
 * @param base64 The file, or its beginning.
 * @returns undefined for another format, or a head that is damaged.
 */
export function imageSize(base64: string): ImageSize | undefined {
  const bytes = headOf(base64);
  if (bytes === undefined || bytes.length < 24) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  if (start.startsWith("\x89PNG")) return sized(view.getUint32(16), view.getUint32(20));
  if (start.startsWith("GIF8")) return sized(view.getUint16(6, true), view.getUint16(8, true));
  if (start.startsWith("\xff\xd8")) return jpegSize(view);
  return start.startsWith("RIFF") && start.startsWith("WEBP", 8)
    ? webpSize(view, start.slice(12))
    : undefined;
}

function headOf(base64: string): Uint8Array | undefined {
  try {
    // Whole groups of four, so that the cut leaves valid base64.
    return Uint8Array.fromBase64(base64.slice(0, Math.ceil(HEAD_BYTES / 3) * 4));
  } catch {
    return undefined;
  }
}

function sized(width: number, height: number): ImageSize | undefined {
  return width > 0 && height > 0 ? { width, height } : undefined;
}

/** Segments follow each other, each with its length; the size is in the one that starts the frame. */
function jpegSize(view: DataView): ImageSize | undefined {
  let at = 2;
  while (at + 9 < view.byteLength) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    const startsFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (startsFrame) return sized(view.getUint16(at + 7), view.getUint16(at + 5));
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** https://developers.google.com/speed/webp/docs/riff_container */
function webpSize(view: DataView, form: string): ImageSize | undefined {
  if (view.byteLength < 30) return undefined;
  const uint24 = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  switch (form) {
    case "VP8 ":
      return sized(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return sized((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case "VP8X":
      return sized(uint24(24) + 1, uint24(27) + 1);
    default:
      return undefined;
  }
}
