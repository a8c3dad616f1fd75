/**
 * Every kind of item in the events of a streamed response, of every kind of model and of a relayed one: OpenAI's schema for each event,
 * and what no schema says: their order, one id, whole contents at each end.
 */
import type { Response as OpenAiResponse, ResponseStreamEvent } from "openai/resources/responses/responses";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planDirective, type Step } from "../../../emulator/answer/plan.ts";
import { asObject, asString, type JsonObject, objectsIn } from "../../../emulator/json.ts";
import { schema } from "../../support/openai-schemas.ts";
import { awsBindings, type Stack, startStack } from "../../support/stack.ts";

/** What each shows of its thinking, if anything, and whether it is called into namespaces (an emulated upstream of Responses has none). */
const MODELS: Readonly<Record<string, { readonly shows?: RegExp; readonly spaces: boolean }>> = {
  claude: { shows: /Hello edge/, spaces: true },
  // Nova never shows what it thought.
  nova: { shows: /^\[REDACTED\]$/, spaces: true },
  "gpt-oss": { shows: /Hello edge/, spaces: true },
  gpt: { spaces: true },
  relayed: { shows: /Hello edge/, spaces: false },
};
const STORED = [
  ["stored", true],
  ["not stored", false],
] as const;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    bindings: awsBindings,
    config: (emulator) => {
      const acme = { provider: "acme", base_url: emulator.openaiUrl, api_key: emulator.openaiKey };
      return {
        llms: {
          claude: { provider: "bedrock", model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" },
          nova: { provider: "bedrock", model: "us.amazon.nova-2-lite-v1:0" },
          "gpt-oss": { provider: "bedrock", model: "openai.gpt-oss-120b-1:0" },
          gpt: { ...acme, model: "emulated-small" },
          relayed: { ...acme, model: "emulated-small", api: "responses" },
        },
      };
    },
  });
}, 60_000);
afterAll(() => stack?.close());

const eventProblems = schema("ResponseStreamEvent");

async function streamed(body: JsonObject): Promise<ResponseStreamEvent[]> {
  const stream = await stack.client.responses.create({ model: "", input: "", ...body, stream: true });
  const events: ResponseStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** @returns The response of the last event. Fails where the events are not what they have to be. */
function checked(events: readonly ResponseStreamEvent[]): OpenAiResponse {
  expect(events.flatMap((event) => eventProblems(event))).toEqual([]);
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual([...events.keys()]);
  expect(events.slice(0, 2).map(({ type }) => type)).toEqual(["response.created", "response.in_progress"]);
  const told = events.flatMap((event) => ("response" in event ? [event.response] : []));
  expect(new Set(told.map(({ id }) => id)).size).toBe(1);
  const last = events.at(-1);
  if (last?.type !== "response.completed" && last?.type !== "response.incomplete")
    throw new Error(`the stream ended in ${last?.type}`);
  const { output } = last.response;
  for (const [index, item] of output.entries()) checkItem(events, index, item);
  return last.response;
}

/** Deltas, and the event that ends them with the whole of what they said, by the name of its member. */
const WHOLES: readonly (readonly [start: string, member: string])[] = [
  ["response.output_text", "text"],
  ["response.refusal", "refusal"],
  ["response.function_call_arguments", "arguments"],
  ["response.custom_tool_call_input", "input"],
  ["response.reasoning_summary_text", "text"],
];

function checkItem(events: readonly ResponseStreamEvent[], index: number, item: object): void {
  const own = events.map(asObject).filter(({ output_index }) => output_index === index);
  expect(own.at(0)?.type).toBe("response.output_item.added");
  expect(own.at(-1)).toMatchObject({ type: "response.output_item.done", item });
  expect(own.filter(({ type }) => type === "response.output_item.done")).toHaveLength(1);
  const { id } = asObject(item);
  const ids = own.map(({ item_id, item: whole }) => item_id ?? asObject(whole).id);
  expect(new Set(ids)).toEqual(new Set([id]));
  for (const [start, member] of WHOLES) {
    const deltas = own.filter(({ type }) => type === `${start}.delta`);
    const ends = own.filter(({ type }) => type === `${start}.done`);
    if (deltas.length === 0 && ends.length === 0) continue;
    const said = deltas.map(({ delta }) => asString(delta)).join("");
    expect(said).not.toBe("");
    expect(ends.map((end) => end[member]).join("")).toBe(said);
    expect(JSON.stringify(item)).toContain(JSON.stringify(said).slice(1, -1));
  }
}

const kinds = (events: readonly ResponseStreamEvent[]) => new Set(events.map(({ type }) => type));
const planned = (calls: Step["calls"]) => `Do it. ${planDirective([{ calls }])}`;

const PATCHED = '*** Begin Patch\n*** Add File: "note".txt\n+żółć \\ \u{1f600}\n*** End Patch\n';
const PATCH = {
  ...{ type: "custom", name: "apply_patch", description: "Edits files" },
  format: { type: "grammar", syntax: "lark", definition: 'start: "*** Begin Patch" /.+/' },
};
const READ = {
  ...{ type: "function", name: "read", description: "Reads", strict: false },
  parameters: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
};
const SPACE = { type: "namespace", name: "notes", description: "Notes", tools: [READ] };

describe.each(Object.entries(MODELS))("the events of %s", (model, { shows, spaces }) => {
  describe.each(STORED)("%s", (_, store) => {
    const ask = (body: JsonObject) => streamed({ model, store, ...body });

    it("give a custom tool its text, to the letter", async () => {
      const input = planned([{ name: "apply_patch", input: { input: PATCHED } }]);
      const events = await ask({ tools: [PATCH], input });
      const call = checked(events).output.find(({ type }) => type === "custom_tool_call");
      expect(call).toMatchObject({ name: "apply_patch", input: PATCHED });
      expect(kinds(events)).toContain("response.custom_tool_call_input.delta");
    });

    it("keep two calls at once apart", async () => {
      const paths = ["a.txt", "b.txt"];
      const input = planned(paths.map((path) => ({ name: "read", input: { path } })));
      const calls = checked(await ask({ tools: [READ], input })).output.filter(
        (item) => item.type === "function_call",
      );
      expect(calls.map((call) => JSON.parse(call.arguments))).toEqual(paths.map((path) => ({ path })));
      expect(new Set(calls.map(({ call_id }) => call_id)).size).toBe(2);
    });

    it.skipIf(!spaces)("give a call into a namespace its own name and that of the namespace", async () => {
      const input = planned([{ name: "notes__read", input: { path: "a" } }]);
      const { output } = checked(await ask({ tools: [SPACE], input }));
      expect(output.at(-1)).toMatchObject({ type: "function_call", name: "read", namespace: "notes" });
    });

    it.skipIf(shows === undefined)(
      "show reasoning to who asks for it, with its tokens where the upstream counts them",
      async () => {
        const asked = {
          reasoning: { effort: "low", summary: "auto" },
          include: ["reasoning.encrypted_content"],
        };
        const events = await ask({ ...asked, input: "Hello edge" });
        const { output, usage } = checked(events);
        expect(output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
        const thought = asObject(output[0]);
        expect(objectsIn(thought.summary)[0]?.text).toMatch(shows ?? /./);
        expect(asString(thought.encrypted_content).length).toBeGreaterThan(0);
        expect(kinds(events)).toContain("response.reasoning_summary_part.done");
        // Only this upstream counts them apart.
        expect(Number(usage?.output_tokens_details.reasoning_tokens) > 0).toBe(model === "relayed");
      },
    );

    it("say that an answer was cut at the limit", async () => {
      const response = checked(await ask({ input: "[[repeat 200 word]]", max_output_tokens: 20 }));
      expect(response).toMatchObject({
        ...{ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      });
      expect(response.output.at(-1)).toMatchObject({ type: "message", status: "incomplete" });
      expect(response.usage?.output_tokens).toBeGreaterThan(0);
    });

    it("say that the model declined", async () => {
      const response = checked(await ask({ input: "[[refuse]] Hello" }));
      const parts = response.output.flatMap((item) => (item.type === "message" ? item.content : []));
      const declined = parts.some(({ type }) => type === "refusal");
      if (declined) expect(response.status).toBe("completed");
      else expect(response.incomplete_details).toEqual({ reason: "content_filter" });
    });
  });
});
