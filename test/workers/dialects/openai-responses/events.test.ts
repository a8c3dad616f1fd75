import { describe, expect, it } from "vitest";
import { carried } from "../../../../src/chat/carrier.ts";
import type { Delta } from "../../../../src/chat/delta.ts";
import { foldDeltas } from "../../../../src/chat/fold.ts";
import { parseResponses } from "../../../../src/dialects/openai-responses/client/parse.ts";
import { RouterError } from "../../../../src/errors.ts";

const IDENTITY = { id: "c0ffee_0", created: 1_795_366_689, model: "claude" };
const USAGE: Delta = {
  type: "usage",
  usage: { promptTokens: 12, completionTokens: 5, cachedTokens: 4, reasoningTokens: 2 },
};
const STOP: Delta = { type: "finish", reason: "stop" };
const text = (value: string): Delta => ({ type: "text", text: value });

interface Event {
  readonly type: string;
  readonly sequence_number: number;
  readonly [key: string]: unknown;
}

/** The events of an answer, each checked for its name and its number. */
function events(deltas: readonly Delta[], body: object = {}): Event[] {
  const encoder = parseResponses({ input: "Hi", ...body }).stream(IDENTITY);
  const found: Event[] = [];
  const emit = (data: string, name?: string) => {
    const event: Event = JSON.parse(data);
    expect(event.type).toBe(name);
    expect(event.sequence_number).toBe(found.length);
    found.push(event);
  };
  for (const delta of deltas) encoder.push(delta, emit);
  encoder.end(emit);
  return found;
}

const types = (list: readonly Event[]) => list.map(({ type }) => type.replace("response.", ""));
const last = (list: readonly Event[]) => list.at(-1)?.response;
const items = (list: readonly Event[]) =>
  list.filter(({ type }) => type === "response.output_item.done").map(({ item }) => item);

describe("the events of a response", () => {
  it("tell a text from created to completed, the whole of it at the end", () => {
    const found = events([text("Hel"), text("lo"), USAGE, STOP]);
    expect(types(found)).toEqual([
      ...[
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
      ],
      ...["output_text.done", "content_part.done", "output_item.done", "completed"],
    ]);
    expect(found[7]).toMatchObject({
      part: { type: "output_text", text: "Hello", annotations: [], logprobs: [] },
    });
    expect(last(found)).toMatchObject({
      id: "resp_c0ffee_0",
      status: "completed",
      output: items(found),
      usage: {
        input_tokens: 12,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens: 5,
        output_tokens_details: { reasoning_tokens: 2 },
        total_tokens: 17,
      },
    });
  });

  it("have no usage before it is known, and never as null", () => {
    const [created] = events([text("a"), STOP]);
    expect(created?.response).not.toHaveProperty("usage");
    expect(last(events([text("a"), STOP]))).not.toHaveProperty("usage");
  });

  it("use one id for all of an item, and count items without gaps", () => {
    const found = events([
      { type: "reasoning", text: "hm" },
      { type: "reasoning_block", block: { kind: "signed", text: "hm", signature: "s" } },
      text("I look."),
      { type: "tool_start", index: 0, id: "call_1", name: "read" },
      { type: "tool_arguments", index: 0, text: "{}" },
      { type: "finish", reason: "tool_calls" },
    ]);
    const places = found.flatMap((event) => {
      const item = event.item;
      const id =
        event.item_id ?? (typeof item === "object" && item !== null && "id" in item ? item.id : undefined);
      return id === undefined ? [] : [`${event.output_index} ${id}`];
    });
    expect([...new Set(places)]).toEqual(["0 rs_c0ffee_0_0", "1 msg_c0ffee_0_1", "2 fc_c0ffee_0_2"]);
  });

  it("give a call without arguments an empty object, and whole arguments at its end", () => {
    const found = events([
      { type: "tool_start", index: 0, id: "call_1", name: "ls" },
      { type: "tool_arguments", index: 0, text: "" },
      { type: "tool_start", index: 1, id: "call_2", name: "read" },
      { type: "tool_arguments", index: 1, text: '{"p":' },
      { type: "tool_arguments", index: 1, text: "1}" },
      { type: "finish", reason: "tool_calls" },
    ]);
    expect(items(found)).toMatchObject([
      { type: "function_call", call_id: "call_1", name: "ls", arguments: "{}", status: "completed" },
      { type: "function_call", call_id: "call_2", name: "read", arguments: '{"p":1}', status: "completed" },
    ]);
  });

  it("keep calls apart whose arguments arrive mixed", () => {
    const found = events([
      { type: "tool_start", index: 0, id: "a", name: "x" },
      { type: "tool_arguments", index: 0, text: '{"n":' },
      { type: "tool_start", index: 1, id: "b", name: "y" },
      { type: "tool_arguments", index: 1, text: '{"m":' },
      { type: "tool_arguments", index: 0, text: "1}" },
      { type: "tool_arguments", index: 1, text: "2}" },
      { type: "finish", reason: "tool_calls" },
    ]);
    expect(last(found)).toMatchObject({ output: [{ arguments: '{"n":1}' }, { arguments: '{"m":2}' }] });
  });

  it("answer a custom tool and a namespace in the client's own words", () => {
    const tools = [
      {
        type: "custom",
        name: "apply_patch",
        format: { type: "grammar", syntax: "lark", definition: "start: /.+/" },
      },
      { type: "namespace", name: "mcp", description: "", tools: [{ type: "function", name: "find" }] },
    ];
    const found = events(
      [
        { type: "tool_start", index: 0, id: "a", name: "apply_patch" },
        { type: "tool_arguments", index: 0, text: '{"input":"*** Begin\\n' },
        { type: "tool_arguments", index: 0, text: '+é"}' },
        { type: "tool_start", index: 1, id: "b", name: "mcp__find" },
        { type: "tool_arguments", index: 1, text: "{}" },
        { type: "finish", reason: "tool_calls" },
      ],
      { tools },
    );
    expect(items(found)).toMatchObject([
      { type: "custom_tool_call", name: "apply_patch", call_id: "a", input: "*** Begin\n+é" },
      { type: "function_call", name: "find", namespace: "mcp", call_id: "b" },
    ]);
    expect(found.find(({ type }) => type === "response.custom_tool_call_input.done")).toMatchObject({
      input: "*** Begin\n+é",
    });
  });

  it("show reasoning only to a client that asked for it, and give it back only where it was included", () => {
    const deltas: Delta[] = [
      { type: "reasoning", text: "hm" },
      { type: "reasoning_block", block: { kind: "signed", text: "hm", signature: "sig" } },
      { type: "reasoning_block", block: { kind: "redacted", data: "r" } },
      text("a"),
      STOP,
    ];
    const [hidden] = items(events(deltas));
    expect(hidden).toMatchObject({ type: "reasoning", summary: [] });
    expect(hidden).not.toHaveProperty("encrypted_content");
    const shown = items(
      events(deltas, { reasoning: { summary: "auto" }, include: ["reasoning.encrypted_content"] }),
    );
    expect(shown[0]).toMatchObject({ summary: [{ type: "summary_text", text: "hm" }] });
    const contents = shown
      .slice(0, 2)
      .map((item) =>
        typeof item === "object" && item !== null && "encrypted_content" in item
          ? carried(String(item.encrypted_content))
          : undefined,
      );
    expect(contents).toEqual([
      { model: "claude", blocks: [{ kind: "signed", text: "hm", signature: "sig" }] },
      { model: "claude", blocks: [{ kind: "redacted", data: "r" }] },
    ]);
  });

  it("say why an answer is incomplete", () => {
    const long = events([text("a"), { type: "finish", reason: "length" }]);
    expect(last(long)).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output: [{ status: "incomplete" }],
    });
    const filtered = events([{ type: "finish", reason: "content_filter" }]);
    expect(last(filtered)).toMatchObject({ incomplete_details: { reason: "content_filter" } });
    const refused = events([
      { type: "refusal", text: "No." },
      { type: "finish", reason: "content_filter" },
    ]);
    expect(last(refused)).toMatchObject({
      status: "completed",
      output: [{ content: [{ type: "refusal", refusal: "No." }] }],
    });
  });

  it("end a failure in error and response.failed, what had come closed before them", () => {
    const error = new RouterError("upstream_truncated", "It broke off.");
    const found = events([text("So far"), { type: "error", error }, text("never"), STOP]);
    expect(types(found).slice(-5)).toEqual([
      ...["output_text.done", "content_part.done", "output_item.done", "error", "failed"],
    ]);
    expect(found.at(-2)).toMatchObject({ code: "upstream_truncated", message: "It broke off.", param: null });
    expect(last(found)).toMatchObject({
      status: "failed",
      error: { code: "server_error", message: "It broke off." },
      output: [{ content: [{ text: "So far" }] }],
    });
  });

  it("write nothing terminal where no finish came", () => {
    expect(types(events([text("So far")])).at(-1)).toBe("output_text.delta");
  });

  it("fill a silence with the response in progress, begun where nothing was said yet", () => {
    const encoder = parseResponses({ input: "Hi" }).stream(IDENTITY);
    expect(encoder.silence()).toMatch(
      /^event: response\.created\ndata: \{.*"sequence_number":0.*\}\n\nevent: response\.in_progress\ndata: .*"sequence_number":1.*\n\n$/,
    );
    expect(encoder.silence()).toMatch(/^event: response\.in_progress\ndata: .*"sequence_number":2.*\n\n$/);
  });

  it("fill a silence with all that has come, open items among it: OpenAI's client goes on from what it holds", () => {
    const body = { reasoning: { summary: "auto" }, tools: [{ type: "function", name: "read" }] };
    const encoder = parseResponses({ input: "Hi", ...body }).stream(IDENTITY);
    const ignored = () => {};
    const now = (...deltas: Delta[]) => {
      for (const delta of deltas) encoder.push(delta, ignored);
      const { response } = JSON.parse(encoder.silence().split("\ndata: ").at(-1) ?? "");
      return response.output.map(
        ({ type, status, summary, content, arguments: args }: Record<string, unknown>) => {
          const said = [summary, content].flat().flatMap((part) => Object(part).text ?? []);
          return [type, status, ...said, ...(args === undefined ? [] : [args])];
        },
      );
    };
    now();
    const thought = ["reasoning", "completed", "hm"];
    const call = ["function_call", "in_progress", '{"a":'];
    expect(now({ type: "reasoning", text: "hm" })).toEqual([["reasoning", "in_progress", "hm"]]);
    expect(now(text("Hel"), text("lo"))).toEqual([thought, ["message", "in_progress", "Hello"]]);
    const said = ["message", "completed", "Hello"];
    const starts: Delta = { type: "tool_start", index: 0, id: "call_1", name: "read" };
    const args = (piece: string): Delta => ({ type: "tool_arguments", index: 0, text: piece });
    expect(now(starts, args('{"a":'))).toEqual([thought, said, call]);
    // A later item may be done before the call is.
    expect(now(text("Wait"), { type: "reasoning", text: "so" })).toEqual([
      ...[thought, said, call, ["message", "completed", "Wait"], ["reasoning", "in_progress", "so"]],
    ]);
  });

  it("add up to the same response as a whole answer", () => {
    const deltas: Delta[] = [
      { type: "reasoning", text: "hm" },
      { type: "reasoning_block", block: { kind: "signed", text: "hm", signature: "s" } },
      text("Hello"),
      { type: "tool_start", index: 0, id: "call_1", name: "read" },
      { type: "tool_arguments", index: 0, text: '{"a":1}' },
      USAGE,
      { type: "finish", reason: "tool_calls" },
    ];
    const body = { reasoning: { summary: "auto" }, tools: [{ type: "function", name: "read" }] };
    const whole = parseResponses({ input: "Hi", ...body }).whole(IDENTITY, [foldDeltas(deltas)]);
    expect(whole).toEqual(last(events(deltas, body)));
  });
});

describe("the id of a call", () => {
  it("is the model's own, unless the conversation has one of it already", () => {
    const call: readonly Delta[] = [
      { type: "tool_start", index: 0, id: "functions.read:0", name: "read" },
      { type: "tool_arguments", index: 0, text: "{}" },
      { type: "finish", reason: "tool_calls" },
    ];
    const ids = (input: unknown) => items(events(call, { input })).map((item) => Object(item).call_id);
    expect(ids("Read")).toEqual(["functions.read:0"]);
    const before = { type: "function_call", call_id: "functions.read:0", name: "read", arguments: "{}" };
    const result = { type: "function_call_output", call_id: "functions.read:0", output: "text" };
    expect(ids([{ role: "user", content: "Read" }, before, result])).toEqual(["call_c0ffee_0_0"]);
    const [start, args, end] = call;
    const twice = [start, args, { ...start, index: 1 }, { ...args, index: 1 }, end] as Delta[];
    expect(items(events(twice)).map((item) => Object(item).call_id)).toEqual([
      ...["functions.read:0", "call_c0ffee_0_1"],
    ]);
  });
});
