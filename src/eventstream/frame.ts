/**
 * The frame of `application/vnd.amazon.eventstream`, all numbers big-endian and unsigned:
 *
 *     4  total length, of the whole frame
 *     4  headers length
 *     4  prelude CRC, of the 8 bytes above
 *     …  headers
 *     …  payload
 *     4  message CRC, of everything above
 *
 * https://smithy.io/2.0/aws/amazon-eventstream.html
 */
import { crc32 } from "./crc32.ts";
import { EventStreamError } from "./errors.ts";

/** Total length, headers length and prelude CRC: what must be there before a length can be believed. */
export const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const MIN_FRAME_BYTES = PRELUDE_BYTES + CRC_BYTES;

/** The limits of botocore; Amazon's services stay below them. */
const MAX_HEADERS_BYTES = 128 * 1024;
const MAX_PAYLOAD_BYTES = 24 * 1024 * 1024;

/**
 * Verifies the prelude at `offset`, of which all 12 bytes must be there, and gives the length of the frame in bytes.
 * Throws an EventStreamError `prelude_crc_mismatch`, `invalid_length` or `message_too_large`.
 */
export function readPrelude(view: DataView, offset: number): number {
  const totalLength = view.getUint32(offset);
  const headersLength = view.getUint32(offset + 4);
  checkCrc("prelude_crc_mismatch", crc32(view, offset, offset + 8), view.getUint32(offset + 8));
  const payloadLength = totalLength - headersLength - MIN_FRAME_BYTES;
  if (payloadLength < 0) {
    throw new EventStreamError(
      "invalid_length",
      `a frame of ${totalLength} bytes cannot hold ${headersLength} bytes of headers`,
    );
  }
  if (headersLength > MAX_HEADERS_BYTES || payloadLength > MAX_PAYLOAD_BYTES) {
    throw new EventStreamError(
      "message_too_large",
      `${headersLength} bytes of headers and ${payloadLength} of payload: at most ${MAX_HEADERS_BYTES} and ${MAX_PAYLOAD_BYTES} are allowed`,
    );
  }
  return totalLength;
}

/** Where the parts of a frame lie. */
export interface FrameLayout {
  readonly headersStart: number;
  readonly payloadStart: number;
  readonly payloadEnd: number;
}

/**
 * Verifies the message CRC of the whole frame of `length` bytes at `offset`, whose prelude has been verified, and says
 * where its parts lie in `view`. Throws an EventStreamError `message_crc_mismatch`.
 */
export function readFrame(view: DataView, offset: number, length: number): FrameLayout {
  const payloadEnd = offset + length - CRC_BYTES;
  // The verified prelude CRC is the CRC of the first 8 bytes, so the sum carries on from there.
  const crc = crc32(view, offset + 8, payloadEnd, view.getUint32(offset + 8));
  checkCrc("message_crc_mismatch", crc, view.getUint32(payloadEnd));
  const headersStart = offset + PRELUDE_BYTES;
  return { headersStart, payloadStart: headersStart + view.getUint32(offset + 4), payloadEnd };
}

function checkCrc(
  code: "prelude_crc_mismatch" | "message_crc_mismatch",
  computed: number,
  stated: number,
): void {
  if (computed === stated) return;
  throw new EventStreamError(
    code,
    `CRC-32 is ${computed.toString(16)}, the frame states ${stated.toString(16)}`,
  );
}
