/** The check of who imports whom, held against sources that break one rule each. */
import { describe, expect, it } from "vitest";
import { checkBoundaries } from "../../scripts/boundaries/check.ts";
import { MOST_LINES } from "../../scripts/boundaries/rules.ts";

/** Long enough not to be a file that is only a door. */
const PADDING = "\n".repeat(30);

function problemsOf(files: Readonly<Record<string, string>>): readonly string[] {
  const sources = Object.entries(files).map(([file, source]): [string, string] => [file, source + PADDING]);
  return checkBoundaries(new Map(sources)).problems;
}

const ALLOWED: Readonly<Record<string, string>> = {
  "errors.ts": "export class RouterError {}",
  "lib/json.ts":
    'import { RouterError } from "../errors.ts";\nexport const isObject = () => new RouterError();',
  "chat/delta.ts": "export interface Delta { readonly text: string }",
  "dialects/index.ts": 'export { chat } from "./openai-chat/index.ts";',
  "dialects/openai-chat/index.ts":
    'import type { Delta } from "../../chat/delta.ts";\nexport { read } from "./upstream/reader.ts";\nexport const chat = {};',
  "dialects/openai-chat/upstream/reader.ts": "export const read = () => [];",
  "providers/openai-compatible/answer.ts":
    'import { read } from "../../dialects/openai-chat/upstream/reader.ts";\nexport const relay = { ...read };',
  "http/serve.ts":
    'import { chat } from "../dialects/index.ts";\nconst { relay } = chat;\nupstream.relay.next();',
};

it("takes sources that keep the rules", () => {
  expect(problemsOf(ALLOWED)).toEqual([]);
});

describe.each<[string, Readonly<Record<string, string>>, RegExp]>([
  [
    "a circle of types alone",
    {
      "chat/a.ts": 'import type { B } from "./b.ts";\nexport type A = B;',
      "chat/b.ts": 'import type { A } from "./a.ts";\nexport type B = A;',
    },
    /^circle: chat\/a -> chat\/b -> chat\/a$/,
  ],
  [
    "a circle through an import of several lines",
    {
      "lib/a.ts": 'import {\n  b,\n} from "./b.ts";\nexport const a = b;',
      "lib/b.ts": 'export {\n  a,\n} from "./a.ts";\nexport const b = 1;',
    },
    /^circle: lib\/a -> lib\/b -> lib\/a$/,
  ],
  [
    "a type of a client's dialect in routing",
    { "routing/plan.ts": 'import type { C } from "../dialects/openai-chat/client/chunks.ts";' },
    /routing\/plan\.ts may not import dialects\/openai-chat\/client\/chunks/,
  ],
  [
    "an import that is made when it is needed",
    { "chat/late.ts": 'export const late = () => import("../providers/index.ts");' },
    /chat\/late\.ts may not import providers\/index/,
  ],
  [
    "a provider that reaches into the client half of a dialect",
    { "providers/echo.ts": 'import { c } from "../dialects/openai-chat/client/chunks.ts";' },
    /providers\/echo\.ts may not import dialects\/openai-chat\/client\/chunks/,
  ],
  [
    "the upstream half of a dialect that knows its client half",
    { "dialects/openai-chat/upstream/body.ts": 'import { c } from "../client/chunks.ts";' },
    /upstream\/ does not know client\//,
  ],
  [
    "a dialect that knows another",
    { "dialects/openai-chat/client/a.ts": 'import type { b } from "../../openai-responses/client/b.ts";' },
    /a dialect does not know another/,
  ],
  [
    "a family that knows another",
    { "families/cohere/index.ts": 'import { b } from "../embeddings/index.ts";' },
    /a family does not know another/,
  ],
  [
    "a family that reads a dialect",
    { "families/cohere/index.ts": 'import { b } from "../../dialects/openai-chat/upstream/chunk.ts";' },
    /families\/cohere\/index\.ts may not import/,
  ],
  [
    "chat that knows a target",
    { "chat/a.ts": 'import type { Target } from "../target.ts";' },
    /chat\/a\.ts may not/,
  ],
  [
    "a Durable Object that is imported by others than index.ts",
    { "endpoints/ws.ts": 'import { ChatSession } from "../objects/session/object.ts";' },
    /a Durable Object is reached by its client/,
  ],
  [
    "contracts that are more than types",
    { "contracts.ts": "export const NAME = 1;" },
    /contracts\.ts holds types only/,
  ],
  [
    "contracts that import more than types",
    { "contracts.ts": 'import { RouterError } from "./errors.ts";' },
    /imports more than types of errors/,
  ],
  [
    "a relay read by a session",
    { "objects/session/a.ts": "if (upstream.relay) go();" },
    /http\/serve\.ts alone/,
  ],
  [
    "a relay taken apart in routing",
    { "routing/a.ts": "const { deltas, relay } = upstream;" },
    /http\/serve\.ts alone/,
  ],
  ["a kind asked by routing", { "routing/a.ts": 'if (target.kind === "bedrock") go();' }, /ask its provider/],
  ["a kind asked by a door", { "http/a.ts": 'if (target.kind !== "openai") go();' }, /ask its provider/],
  ["a fetch of routing's", { "routing/a.ts": "const response = await fetch(request);" }, /providers alone/],
  [
    "what is left out, handed in",
    { "families/nova/a.ts": "export function plan(request: Request, dropped: Set<string>) {}" },
    /return what was left out/,
  ],
  [
    "a file that is too long",
    { "lib/a.ts": "\n".repeat(MOST_LINES) },
    /lib\/a\.ts has 430 lines; 400 are the most/,
  ],
])("%s", (_, files, problem) => {
  it("is found", () => {
    const problems = problemsOf({ ...ALLOWED, ...files });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });
});

describe("a file of few lines", () => {
  const users = (...names: string[]) =>
    names.map((name): [string, string] => [name, `import { a } from "./a.ts";${PADDING}`]);
  const found = (entries: ReadonlySet<string>, ...files: [string, string][]) =>
    checkBoundaries(new Map<string, string>([["lib/a.ts", "export const a = 1;\n"], ...files]), entries)
      .problems;

  it("needs a second user", () => {
    expect(found(new Set(), ...users("lib/b.ts"))).toEqual([
      "src/lib/a.ts has 1 lines and 1 user: below 20 it needs a registry or a second one",
    ]);
    expect(found(new Set(), ...users("lib/b.ts", "lib/c.ts"))).toEqual([]);
  });

  it("or a registry that lists it, or a script that runs it", () => {
    expect(found(new Set(), ...users("lib/index.ts"))).toEqual([]);
    expect(found(new Set(["lib/a"]))).toEqual([]);
  });
});

it("words in comments and in texts for people are no breach", () => {
  const source =
    '/** Aborts what `upstream.relay` reads. */\n// const { relay } = upstream;\nexport const path = "../relay.ts";';
  expect(problemsOf({ ...ALLOWED, "routing/a.ts": source })).toEqual([]);
});
