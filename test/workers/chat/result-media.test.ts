import { expect, it } from "vitest";
import { withoutResultImages } from "../../../src/chat/result-media.ts";
import { chat } from "../../support/bedrock.ts";

const PICTURE = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
const TEXT = { type: "text", text: "seen" };
const call = { id: "a", type: "function", function: { name: "look", arguments: "{}" } };
const told = (content: unknown[]) =>
  chat({
    messages: [
      { role: "user", content: [PICTURE] },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "a", content },
    ],
  });

it("pictures of tools are told in words to a model that sees none, where the user's own stay", () => {
  const [shown, , result] = withoutResultImages(told([TEXT, PICTURE])).messages;
  expect(shown?.content.map(({ type }) => type)).toEqual(["image_url"]);
  expect(result?.content).toMatchObject([
    TEXT,
    { type: "text", text: expect.stringContaining("cannot see") },
  ]);
  const plain = told([TEXT]);
  expect(withoutResultImages(plain)).toBe(plain);
});
