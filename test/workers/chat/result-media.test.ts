import { expect, it } from "vitest";
import { anthropicMessages } from "../../../src/dialects/anthropic-messages/client/index.ts";
import { withoutDocuments, withoutResultImages } from "../../../src/chat/result-media.ts";
import { sift } from "../../../src/routing/capable.ts";
import { bedrockTarget, chat } from "../../support/bedrock.ts";

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

it("documents that are text are read as text by a model that takes none; others that a tool gave are told in words", () => {
  const mark = { type: "ephemeral" };
  const found = { type: "search_result", source: "https://x.example", title: "T", cache_control: mark };
  const pdf = {
    type: "document",
    source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" },
  };
  const said = { type: "document", source: { type: "text", media_type: "text/plain", data: "plain" } };
  const words = { type: "text", text: "words" };
  const asked = (content: unknown[]) => [
    { role: "user", content },
    { role: "assistant", content: [{ type: "tool_use", id: "a", name: "look", input: {} }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content }] },
  ];
  const parsed = (messages: unknown[]) =>
    anthropicMessages.parse({ model: "m", max_tokens: 9, messages }, new Headers()).request;
  const read = (...content: unknown[]) => {
    const { request, lost } = withoutDocuments(parsed(asked(content)));
    const parts = (at: number) => request.messages[at]?.content.map(({ param: _, ...part }) => part);
    return { user: parts(0), tool: parts(2), lost };
  };
  const text = "T\n\nSource: https://x.example\n\nwords";
  const told = [{ type: "text", text, cacheControl: mark }, { type: "text", text: "plain" }, words];
  expect(read({ ...found, content: [words] }, said, words)).toEqual({ user: told, tool: told, lost: false });
  const odd = read(pdf, words);
  expect([odd.user?.map(({ type }) => type), odd.tool?.map(({ type }) => type), odd.lost]).toEqual([
    ["file", "text"],
    ["text", "text"],
    true,
  ]);
  // What OpenAI's clients write may be a text, too.
  const file = (file_data: string) => ({ type: "file", file: { filename: "a.csv", file_data } });
  const shown = (url: string) =>
    withoutDocuments(chat({ messages: [{ role: "user", content: [file(url)] }] })).request.messages[0]
      ?.content;
  expect(shown("data:text/csv;base64,w6ksMQ==")).toMatchObject([{ type: "text", text: "a.csv\n\né,1" }]);
  for (const other of [
    "data:text/csv;base64,6Q==",
    "data:text/csv;base64,!",
    "data:application/pdf;base64,JVBERi0=",
  ])
    expect(shown(other)).toMatchObject([{ type: "file" }]);
  // Nova reads PDFs by Converse only.
  const nova = bedrockTarget("amazon.nova-pro-v1:0");
  const able = [{ ...nova, api: "converse" as const }];
  const user = (...content: unknown[]) => parsed([{ role: "user", content }]);
  expect(sift([nova, ...able], user(pdf)).able).toEqual(able);
  expect(sift([nova], user(said)).leftOut).toEqual([]);
});
