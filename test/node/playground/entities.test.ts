import { describe, expect, it } from "vitest";
import { decoded } from "../../../pages/playground/markdown/entities.ts";

describe("characters that a text names", () => {
  it.each([
    ["&lt;b&gt; &amp; &quot;&apos;", "<b> & \"'"],
    ["a&nbsp;b", "a\u00a0b"],
    ["&copy; &hellip; &rarr; &times; &eacute;", "© … → × é"],
    ["&#65;&#x42;&#X1F99E;", "AB🦞"],
    ["&colon;&grave;&vert;", ":`|"],
  ])("%s", (text, shown) => {
    expect(decoded(text)).toBe(shown);
  });

  it.each(["&", "&&amp", "&nothing;", "&constructor;", "&#;", "&#x;", "a & b; c", "&amp lt;"])(
    "%s stays as it is",
    (text) => {
      expect(decoded(text)).toBe(text);
    },
  );

  it("are none where there is no such character", () => {
    expect(decoded("&#0; &#xD800; &#1114112; &#x110000;")).toBe("\ufffd \ufffd \ufffd \ufffd");
  });

  it("are named once: what comes out is not read again", () => {
    expect(decoded("&amp;lt;")).toBe("&lt;");
  });
});
