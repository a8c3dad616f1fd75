/** What a message holds for Converse besides text: images, documents, cache points. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../../src/chat/request.ts";
import { called, result, says, tool, user } from "../../../support/claude-requests.ts";
import {
  encode,
  file,
  image,
  LLAMA,
  NOVA,
  PDF,
  PNG,
  refused,
  SONNET_4,
  text,
  turns,
  SONNET_4_5,
} from "../../../support/converse.ts";

const ZIP = "UEsDBBQAAAA=";
const OLE = "0M8R4KGxGuEAAAAA";
const CACHED = { cache_control: { type: "ephemeral" } };
const HOUR = { cache_control: { type: "ephemeral", ttl: "1h" } };
const POINT = { cachePoint: { type: "default" } };
const HOUR_POINT = { cachePoint: { type: "default", ttl: "1h" } };

describe("images", () => {
  it("are told by their bytes, whatever their label says", () => {
    expect(turns([user([text("Look"), image()])])).toEqual([
      { role: "user", content: [{ text: "Look" }, { image: { format: "png", source: { bytes: PNG } } }] },
    ]);
    expect(turns([user([image("/9j/4AAQSkZJRgABAQAAAQ==")])])[0]?.content[0]).toMatchObject({
      image: { format: "jpeg" },
    });
  });

  it.each([
    [image(PDF), SONNET_4, "unsupported_content"],
    [image(), LLAMA, "unsupported_content"],
    [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }, SONNET_4, "unsupported_content"],
    [{ type: "image_url", image_url: { url: "data:image/png;base64,*" } }, SONNET_4, "invalid_value"],
  ])("are refused: %j for %s", (part, model, code) => {
    const error = refused({ messages: [user([text("Look"), part])] }, model);
    expect(error).toMatchObject({ code, param: "messages[0].content[1]", status: 400 });
  });
});

describe("documents", () => {
  const plain = btoa("One, two");
  const document = (part: unknown, model?: string) => {
    const [first] = turns([user([text("Read"), part])], model);
    return first?.content[1]?.document;
  };

  it.each<[format: string, part: unknown]>([
    ["pdf", file(PDF, "report.txt", "text/plain")],
    ["txt", file(plain)],
    ["txt", file(plain, "notes.log", "text/x-log")],
    ["csv", file(plain, "table.CSV")],
    ["csv", file(plain, undefined, "text/csv")],
    ["md", file(plain, "readme.markdown")],
    ["html", file(plain, "page.htm")],
    ["docx", file(ZIP, "letter.docx")],
    ["xlsx", file(ZIP, undefined, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")],
    ["doc", file(OLE, "old.doc")],
    ["xls", file(OLE, "a.bin", "application/vnd.ms-excel")],
    ["txt", file(plain, "not really.docx")],
  ])("%s: %j", (format, part) => {
    expect(document(part)).toMatchObject({
      format,
      source: { bytes: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/) },
    });
  });

  it.each<[part: unknown, code: string, model: string]>([
    [file(ZIP, "archive.zip"), "unsupported_content", SONNET_4],
    [file(OLE), "unsupported_content", SONNET_4],
    [file(PNG, "image.png"), "unsupported_content", SONNET_4],
    [file("AAECAw==", "data.txt"), "unsupported_content", SONNET_4],
    [file("/////w=="), "unsupported_content", SONNET_4],
    [file(btoa(" \n"), "blank.txt"), "invalid_value", SONNET_4],
    [{ type: "file", file: { file_id: "file-1" } }, "unsupported_content", SONNET_4],
    [{ type: "file", file: {} }, "invalid_value", SONNET_4],
    [file(PDF), "unsupported_content", "amazon.nova-micro-v1:0"],
  ])("are refused: %j", (part, code, model) => {
    const error = refused({ messages: [user([text("Read"), part])] }, model);
    expect(error).toMatchObject({ code, param: "messages[0].content[1]", status: 400 });
  });

  it("have names that Converse takes, each only once in a conversation", () => {
    const filenames = [
      "John's  report_v2.final.pdf",
      "Übersicht.pdf",
      "分析.pdf",
      "a.pdf",
      "A.txt",
      undefined,
      "(1) [x]-y",
    ];
    const messages = filenames.flatMap((filename) => [user([text("Read"), file(PDF, filename)]), says("ok")]);
    const found = turns(messages).flatMap(({ content }) =>
      content.flatMap(({ document: block }) => (block ? [(block as { name: string }).name] : [])),
    );
    expect(found).toEqual([
      "John s report v2 final",
      "Ubersicht",
      "document",
      "a",
      "A-2",
      "document-2",
      "(1) [x]-y",
    ]);
    expect(JSON.stringify(turns([user([text("a"), file(PDF, "x".repeat(400))])]))).toMatch(/"x{180}"/);
  });

  it("never stand without text beside them", () => {
    expect(turns([user([file(PDF, "a.pdf")])])[0]?.content).toEqual([
      { document: { format: "pdf", name: "a", source: { bytes: PDF } } },
      { text: expect.stringMatching(/file/) },
    ]);
    const [, , answered] = turns([...called(), user([file(PDF)])]);
    expect(answered?.content.map((block) => Object.keys(block)[0])).toEqual([
      "toolResult",
      "document",
      "text",
    ]);
  });
});

describe("cache points", () => {
  const cachedTool = { ...tool("look"), ...CACHED };
  const all = {
    tools: [cachedTool],
    messages: [{ role: "system", content: [text("S", CACHED)] }, user([text("a", CACHED), text("b")])],
  };

  it("follow what they mark", () => {
    const { body, dropped } = encode(all);
    expect(body).toMatchObject({
      toolConfig: { tools: [{ toolSpec: { name: "look" } }, POINT] },
      system: [{ text: "S" }, POINT],
      messages: [{ content: [{ text: "a" }, POINT, { text: "b" }] }],
    });
    expect(dropped).toEqual([]);
  });

  it("keep their time to live, the long before the short", () => {
    const marked = (...marks: JsonObject[]) => [user(marks.map((mark, index) => text(`${index}`, mark)))];
    const points = (messages: unknown[], model?: string) =>
      turns(messages, model)[0]?.content.filter((block) => "cachePoint" in block);
    expect(points(marked(HOUR, CACHED), SONNET_4_5)).toEqual([HOUR_POINT, POINT]);
    // Claude 4 knows no hour.
    expect(points(marked(HOUR, CACHED))).toEqual([POINT, POINT]);
    expect(points(marked(CACHED, HOUR))).toEqual([POINT, POINT]);
    expect(encode({ messages: marked(CACHED, HOUR) }).dropped).toEqual(["cache_control"]);
    expect(points(marked(HOUR), NOVA)).toEqual([POINT]);
    expect(encode({ messages: marked(HOUR) }, NOVA).dropped).toEqual(["cache_control"]);
  });

  it("are at most four, the last ones", () => {
    const messages = [user(["1", "2", "3", "4", "5"].map((value) => text(value, CACHED)))];
    expect(turns(messages)[0]?.content.slice(0, 3)).toEqual([{ text: "1" }, { text: "2" }, POINT]);
    expect(encode({ messages }).dropped).toEqual(["cache_control"]);
  });

  it("stand behind a tool result, not inside it", () => {
    const history = [user("a"), says(null, ["1"]), result("1", [text("x", HOUR)])];
    const [, , answer] = turns(history, SONNET_4_5);
    expect(answer?.content).toEqual([
      { toolResult: { toolUseId: "1", content: [{ text: "x" }] } },
      HOUR_POINT,
    ]);
  });

  it("keep to the places that Nova has for them", () => {
    const { body, dropped } = encode(all, NOVA);
    expect(body).toMatchObject({
      system: [{ text: "S" }, POINT],
      messages: [{ content: [{ text: "a" }, POINT, {}] }],
    });
    expect((body.toolConfig as { tools: unknown[] }).tools).toHaveLength(1);
    expect(dropped).toEqual(["cache_control"]);
    const history = [user("a"), says(null, ["1"]), result("1", [text("x", CACHED)])];
    expect(JSON.stringify(turns(history, NOVA))).not.toContain("cachePoint");
  });

  it("go where the model or the target has no cache", () => {
    for (const encoded of [encode(all, LLAMA), encode(all, SONNET_4, { cache: "off" })]) {
      expect(JSON.stringify(encoded.body)).not.toContain("cachePoint");
      expect(encoded.dropped).toEqual(["cache_control"]);
    }
  });

  it("need something to mark", () => {
    expect(
      turns([user([text(" ", CACHED), text("a"), text("\n", CACHED), text("\n", CACHED)])])[0]?.content,
    ).toEqual([{ text: "a\n\n" }, POINT]);
  });
});

describe("images of tool results", () => {
  it("stand beside the results for models that take none inside, behind all of them", () => {
    const history = [user("a"), says(null, ["1"]), result("1", [image()]), user("So?")];
    const content = turns(history, "us.openai.gpt-6.1-sol")[2]?.content ?? [];
    expect(content.map((block) => Object.keys(block)[0])).toEqual(["toolResult", "image", "text"]);
  });
});
