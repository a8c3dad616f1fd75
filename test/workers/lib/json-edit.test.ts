/** Editing JSON as text: what no edit names keeps its bytes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editedObject, listText, textElements, textMembers } from "../../../src/lib/json-edit.ts";

/** Any JSON text of an object, with white space between its tokens. */
const space = fc.constantFrom("", " ", "\n\t", "\r\n  ");
const objectText = fc
  .tuple(
    fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue(), { maxKeys: 6 }),
    fc.constantFrom(0, 1, "\t"),
  )
  .map(([value, indent]) => JSON.stringify(value, undefined, indent));

describe("members of an object", () => {
  it("are found with their values as they are written", () => {
    fc.assert(
      fc.property(objectText, space, (text, around) => {
        const members = textMembers(`${around}${text}${around}`);
        const value: unknown = JSON.parse(text);
        expect(Object.fromEntries(members.map((member) => [member.key, JSON.parse(member.value)]))).toEqual(
          value,
        );
        for (const { text: own, value: raw } of members) {
          expect(text).toContain(own);
          expect(own.endsWith(raw)).toBe(true);
        }
      }),
    );
  });

  it("that stand there twice count once: the last, as when it is parsed", () => {
    const text = '{"max_tokens":1,"a":{"b":[1,2,"}"]},"max_tokens":9007199254740993}';
    expect(textMembers(text).map(({ text: own }) => own)).toEqual([
      '"a":{"b":[1,2,"}"]}',
      '"max_tokens":9007199254740993',
    ]);
  });

  it("keep escapes, quotes and backslashes", () => {
    const text = String.raw`{"a\"b":"\\","c":"\\\"}","d":"\u0041\/"}`;
    expect(textMembers(text).map(({ key, value }) => [key, value])).toEqual([
      ['a"b', String.raw`"\\"`],
      ["c", String.raw`"\\\"}"`],
      ["d", String.raw`"\u0041\/"`],
    ]);
  });
});

describe("elements of a list", () => {
  it("are found as they are written", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 6 }), fc.constantFrom(0, 2), (list, indent) => {
        const text = JSON.stringify(list, undefined, indent);
        const elements = textElements(text);
        expect(elements.map((element): unknown => JSON.parse(element))).toEqual(JSON.parse(text));
        for (const element of elements) expect(text).toContain(element);
        expect(JSON.parse(listText(elements))).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe("an edit", () => {
  it("replaces, takes out and adds members, and leaves the others alone", () => {
    const text = '{ "a": 1e400, "b" :[ 1.0 ], "c":-0.0}';
    const edits = new Map([
      ["a", undefined],
      ["c", "true"],
      ["d", '"new"'],
      ["e", undefined],
    ]);
    expect(editedObject(text, edits)).toBe('{"b" :[ 1.0 ],"c":true,"d":"new"}');
  });
});
