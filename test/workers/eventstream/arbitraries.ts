/** Arbitrary frames and divisions of a stream, for properties. */
import { Int64, type MessageHeaderValue as SmithyHeaderValue } from "@smithy/eventstream-codec";
import fc from "fast-check";
import type { HeaderValue } from "../../../src/eventstream/index.ts";
import { codec } from "./support.ts";

interface Sample {
  readonly encoded: SmithyHeaderValue;
  readonly decoded: HeaderValue;
}

function int64(value: bigint): Int64 {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value);
  return new Int64(bytes);
}

function signed(bits: number): fc.Arbitrary<number> {
  return fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
}

const anyText = fc.string({ unit: "binary", maxLength: 40 });
const anyInt64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const anyDate = fc.integer({ min: -8.64e15, max: 8.64e15 });
const anyUuid = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => bytes.toHex().replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5"));

/** A header as Amazon's encoder takes it and as our decoder must give it, of each of the types. */
const anyHeader: fc.Arbitrary<Sample> = fc.oneof(
  fc.boolean().map((value): Sample => same({ type: "boolean", value })),
  signed(8).map((value): Sample => same({ type: "byte", value })),
  signed(16).map((value): Sample => same({ type: "short", value })),
  signed(32).map((value): Sample => same({ type: "integer", value })),
  anyInt64.map(
    (value): Sample => ({
      encoded: { type: "long", value: int64(value) },
      decoded: { type: "long", value },
    }),
  ),
  fc.uint8Array({ maxLength: 40 }).map(
    (value): Sample => ({
      encoded: { type: "binary", value },
      decoded: { type: "byte_array", value },
    }),
  ),
  anyText.map((value): Sample => same({ type: "string", value })),
  anyDate.map(
    (value): Sample => ({
      encoded: { type: "timestamp", value: new Date(value) },
      decoded: { type: "timestamp", value: BigInt(value) },
    }),
  ),
  anyUuid.map((value): Sample => same({ type: "uuid", value })),
);

function same(header: SmithyHeaderValue & HeaderValue): Sample {
  return { encoded: header, decoded: header };
}

const anyName = fc.oneof(anyText, fc.constantFrom(":event-type", "__proto__", "constructor"));

/** A frame by Amazon's encoder, and the message that it must give. */
export const anyFrame = fc
  .record({ headers: fc.dictionary(anyName, anyHeader), payload: fc.uint8Array({ maxLength: 300 }) })
  .map(({ headers, payload }) => {
    const pick = <Value>(choose: (sample: Sample) => Value) =>
      Object.fromEntries(Object.entries(headers).map(([name, sample]) => [name, choose(sample)]));
    return {
      bytes: codec.encode({ headers: pick((sample) => sample.encoded), body: payload }),
      headers: Object.entries(pick((sample) => sample.decoded)),
      payload,
    };
  });

/** Chunk sizes for `cut`, some of them 0. */
export const anySizes = fc.array(fc.nat(60), { maxLength: 20 }).chain((sizes) =>
  // The last size repeats, so it must get somewhere.
  fc.integer({ min: 1, max: 200 }).map((last) => [...sizes, last]),
);
