import { expect, it } from "vitest";
import { isExactNumber, jsonText, parseExact } from "../../../src/lib/exact-json.ts";

it("workerd keeps a number's digits", () => {
  const text = '{"id":1234567890123456789,"ids":[-9007199254740993],"half":"\\ud83d"}';
  const value = parseExact(text);
  expect(isExactNumber(value)).toBe(false);
  expect(jsonText(value)).toBe(text.replace("\\ud83d", "\\ufffd"));
});
