import { describe, expect, it } from "vitest";
import {
  boolean,
  either,
  filledText,
  integer,
  json,
  list,
  noFault,
  number,
  object,
  optional,
  record,
  type Shape,
  text,
  word,
} from "../../../src/dialects/shape.ts";

/** What a shape says of a value: its path and text, or that it fits. */
function said(shape: Shape<unknown>, value: unknown): string {
  const fault = noFault();
  return shape(value, fault) ? "fits" : `${fault.path.join(".")}: ${fault.text}`;
}

const person = object({ name: filledText, age: optional(integer(0, 150)) });

describe("a shape", () => {
  it.each<[string, Shape<unknown>, unknown, string]>([
    ["a text", text, "", "fits"],
    ["no text", text, 5, ": expected a string"],
    ["an empty text", filledText, "", ": must not be empty"],
    ["a boolean", boolean, false, "fits"],
    ["no boolean", boolean, "true", ": expected a boolean"],
    ["a number on its bound", number(0, 2), 2, "fits"],
    ["a number below", number(0, 2), -1, ": must be at least 0"],
    ["a number above", number(0, 2), 2.1, ": must be at most 2"],
    ["no number", number(), "1", ": expected a number"],
    ["no integer", integer(1), 1.5, ": expected an integer"],
    ["an integer that a number does not hold", integer(1), 1e30, `: must be at most ${2 ** 53 - 1}`],
    ["a word", word("a", "b"), "b", "fits"],
    ["another word", word("a", "b"), "c", ': expected one of "a", "b"'],
    ["the only word missed", word("a"), undefined, ': expected "a"'],
    ["nothing where nothing may be", optional(text), null, "fits"],
    ["something else where nothing may be", optional(text), 0, ": expected a string"],
    ["an object with more than its fields", person, { name: "x", more: [] }, "fits"],
    ["an object without a field", person, {}, "name: missing; expected a string"],
    [
      "a wrong field within",
      list(person),
      [{ name: "x" }, { name: "x", age: -1 }],
      "1.age: must be at least 0",
    ],
    ["an array as an object", person, [], ": expected an object"],
    ["null as an object", json, null, ": expected an object"],
    [
      "a number kept as its text as an object",
      json,
      JSON.rawJSON("12345678901234567890"),
      ": expected an object",
    ],
    ["an object as an array", list(text), {}, ": expected an array"],
    ["an empty array where one is needed", list(text, 1), [], ": must not be empty"],
    ["a member of a record", record(number()), { a: 1, b: "2" }, "b: expected a number"],
    ["a record", record(number()), { a: 1 }, "fits"],
    ["one of two", either(text, list(text)), ["a"], "fits"],
    ["neither of two", either(text, list(text)), 5, ": expected a string, or expected an array"],
    ["what was meant as the second", either(text, list(text)), ["a", 5], "1: expected a string"],
    ["what was meant as the first", either(list(person), text), [{}], "0.name: missing; expected a string"],
  ])("says of %s what is wrong first", (_, shape, value, expected) => {
    expect(said(shape, value)).toBe(expected);
  });
});
