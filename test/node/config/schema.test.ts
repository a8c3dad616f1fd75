// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the configuration names bindings.
import { globSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ignoredKeys } from "../../../src/config/ignored.ts";
import { loadConfig } from "../../../src/config/text.ts";
import { Section } from "../../../src/config/section.ts";
import { targetNote, targetProblem } from "../../../src/providers/index.ts";
import * as files from "../../workers/config/llmrouter-files.ts";
import { configs } from "./arbitrary-configs.ts";
import { loaderProblems, ROOT, read, SCHEMA, schemaProblems } from "./support.ts";

const EXAMPLES = ["config/router.yaml", ...globSync("config/examples/*.yaml", { cwd: ROOT })];
const BEDROCK = "provider: bedrock, model: amazon.nova-lite-v1:0";

/** Keys that only strategies look at which need others beside them. */
const MEANING = /^router\.(?:knn|threshold|embedding_timeout)/;
const BY_MEANING = {
  routes: [{ name: "a", model: "m", examples: ["x"] }],
  knn: { data: "q.jsonl" },
  embedding_model: "e",
};

describe("the schema", () => {
  it("is one of draft-07", () => {
    const ajv = new Ajv({ strict: false });
    expect(ajv.validateSchema(SCHEMA as object), JSON.stringify(ajv.errors)).toBe(true);
  });

  it("describes every key", () => {
    const keys = properties(SCHEMA);
    const described = new Set(
      keys.filter(([, { description }]) => typeof description === "string").map(first),
    );
    expect(described.size).toBeGreaterThan(70);
    expect(described).toEqual(new Set(keys.map(first)));
  });
});

describe("defaults", () => {
  const defaults = properties(SCHEMA).flatMap(([path, { default: value }]) =>
    value === undefined ? [] : [[path, value] as const],
  );

  it("are there", () => {
    expect(defaults.map(first)).toEqual(
      expect.arrayContaining(["serve.session_ttl", "router.retry.base_ms", "llms.*.auth_mode"]),
    );
  });

  it.each(defaults)("of %s counts when it is not set: %j", (path, value) => {
    const load = (written: unknown) => loadConfig(JSON.stringify(written), () => undefined);
    // With everything that has to stand beside a key.
    const guardrail = { id: "g", version: "1" };
    const bedrock = { provider: "bedrock", model: "amazon.nova-lite-v1:0", guardrail };
    const llms = { m: /guardrail|^aws/.test(path) ? bedrock : {} };
    const aws = { role_arn: "arn:aws:iam::111122223333:role/r", oidc_issuer: "https://router.example" };
    const router = MEANING.test(path)
      ? { ...BY_MEANING, strategy: path.includes("knn") ? "knn" : "semantic" }
      : { provider: "groq", model: "x", retry: {}, hedge: {}, round_robin: {} };
    const base = {
      ...{ serve: {}, router, llms: { ...llms, ...(MEANING.test(path) && { e: { kind: "embedding" } }) } },
      ...(path.startsWith("aws.") && { aws }),
    };
    const set = structuredClone(base);
    const names = path.replace("*", "m").split(".");
    const last = names.pop() ?? "";
    const parent = names.reduce<unknown>((node, name) => Reflect.get(Object(node), name), set);
    Reflect.set(Object(parent), last, value);
    expect(set).not.toEqual(base);
    expect(load(set)).toEqual(load(base));
  });
});

describe("takes", () => {
  it.each(EXAMPLES)("%s", (file) => {
    expect(schemaProblems(read(file))).toEqual([]);
    expect(
      loadConfig(read(file), () => undefined, { target: targetProblem, note: targetNote }).warnings,
    ).toEqual([]);
  });

  it.each(EXAMPLES)("%s, which names it for editors", (file) => {
    const path = file.startsWith("config/examples/") ? "../router.schema.json" : "./router.schema.json";
    expect(read(file).split("\n")[0]).toBe(`# yaml-language-server: $schema=${path}`);
  });

  it.each(Object.entries(files))("LLMRouter's files: %s", (_, text) =>
    expect(schemaProblems(text)).toEqual([]),
  );

  it.each([
    "llms: {m: }",
    "models: {m: {}}",
    "{llms: {m: {}}, models: }",
    "{serve: {show_model_prefix: Off, max_body_bytes: 512 kib, session_ttl: 1.5H}, llms: {m: {}}}",
    "{serve: {cors_origins: '*'}, llms: {m: {}}}",
    "{serve: {ledger: totals, ledger_days: 30, ledger_sessions: named, webhook: 'https://a.example/x?y=z'}, llms: {m: {}}}",
    "{serve: {webhook: '${WEBHOOK}'}, llms: {m: {}}}",
    "{api_keys: {openai: [a, ~, b], bedrock: {x: 1}}, llms: {m: {}}}",
    `{llms: {m: {${BEDROCK}, api_key: 5, aws_region: ["\${R}", eu-west-1]}}}`,
    "{llms: {m: {aws_region: 5, guardrail: no}}}",
    `{llms: {m: {${BEDROCK}, aws_access_key_id: "\${A}"}}}`,
    "{router: {model: m, base_url: '${NOPE}', auth_mode: 7}, llms: {m: {}}}",
    "{llms: {a: &a {provider: groq}, b: {<<: *a, max_tokens: 5}}}",
  ])("%s, as the loader does", (text) => {
    expect(loaderProblems(text)).toEqual([]);
    expect(schemaProblems(text)).toEqual([]);
  });
});

const REFUSED = [
  "llms: {}",
  "serve: {}",
  "{llms: {m: {}}, models: {n: {}}}",
  "[llms]",
  "{llms: {m: {}}, surve: {}}",
  "{llms: {m: {modle: x}}}",
  "{llms: {auto: {}}}",
  "{llms: {' m': {}}}",
  "{llms: {é: {}}}",
  "{llms: {m: 5}}",
  "{llms: [m]}",
  "{serve: on, llms: {m: {}}}",
  "{serve: {show_model_prefix: 1}, llms: {m: {}}}",
  "{serve: {unknown_model: refuse}, llms: {m: {}}}",
  "{serve: {ledger: all}, llms: {m: {}}}",
  "{serve: {ledger_days: 0}, llms: {m: {}}}",
  "{serve: {webhook: 'http://a.example/x'}, llms: {m: {}}}",
  "{serve: {webhook: 'https://user@a.example/x'}, llms: {m: {}}}",
  "{serve: {cors_origins: https://a.example/path}, llms: {m: {}}}",
  "{serve: {max_body_bytes: 8 MB/s}, llms: {m: {}}}",
  "{serve: {session_ttl: 0}, llms: {m: {}}}",
  "{router: {strategy: llmrouter}, llms: {m: {}}}",
  "{router: {strategy: llm}, llms: {m: {}}}",
  "{router: {weights: {m: -1}}, llms: {m: {}}}",
  "{router: {weights: [m]}, llms: {m: {}}}",
  "{router: {retry: 1.5}, llms: {m: {}}}",
  "{router: {retry: 101}, llms: {m: {}}}",
  "{router: {retry: {tries: 5}}, llms: {m: {}}}",
  "{router: {timeout: 5 minutes}, llms: {m: {}}}",
  "{router: {sticky: yes}, llms: {m: {}}}",
  "{router: {round_robin: {lease: 0}}, llms: {m: {}}}",
  "{router: {rules: {default: m}}, llms: {m: {}}}",
  "{router: {rules: [m]}, llms: {m: {}}}",
  "{router: {rules: [{model: m}]}, llms: {m: {}}}",
  "{router: {rules: [{keywords: x}]}, llms: {m: {}}}",
  "{router: {rules: [{keywords: [' '], model: m}]}, llms: {m: {}}}",
  "{router: {rules: [{regex: '(', model: m}]}, llms: {m: {}}}",
  "{router: {rules: [{default: m, keywords: x}]}, llms: {m: {}}}",
  "{router: {rules: [{default: m, model: m}]}, llms: {m: {}}}",
  "{router: {strategy: complexity}, llms: {m: {}}}",
  "{router: {strategy: complexity, tiers: []}, llms: {m: {}}}",
  "{router: {tiers: [{below: 5}]}, llms: {m: {}}}",
  "{router: {tiers: [{below: 101, model: m}, {model: m}]}, llms: {m: {}}}",
  "{router: {strategy: semantic}, llms: {m: {}}}",
  "{router: {strategy: semantic, routes: [{name: a, model: m, examples: x}]}, llms: {m: {}}}",
  "{router: {routes: [{name: a, model: m}]}, llms: {m: {}}}",
  "{router: {routes: [{model: m, examples: x}]}, llms: {m: {}}}",
  "{router: {routes: {name: a, model: m, examples: x}}, llms: {m: {}}}",
  "{router: {strategy: knn, embedding_model: e}, llms: {m: {}, e: {kind: embedding}}}",
  "{router: {knn: {k: 5}}, llms: {m: {}}}",
  "{router: {knn: {data: q, k: 0}}, llms: {m: {}}}",
  "{router: {knn: {data: q, cost_weight: 2}}, llms: {m: {}}}",
  "{router: {threshold: 1.5}, llms: {m: {}}}",
  "{router: {provider: bedrock}, llms: {m: {}}}",
  "{router: {provider: acme, model: x}, llms: {m: {}}}",
  "{router: {provider: groq}, llms: {m: {}}}",
  "{router: {base_url: 'https://a.example', model: x, auth_mode: basic}, llms: {m: {}}}",
  "{api_keys: {openai: 12345}, llms: {m: {}}}",
  "{llms: {m: {provider: bedrock}}}",
  "{llms: {m: {provider: AWS, model: a b}}}",
  "{llms: {m: {provider: aws, model: '..'}}}",
  "{llms: {m: {provider: bedrok}}}",
  "{llms: {m: {base_url: 'ftp://a.example'}}}",
  "{llms: {m: {base_url: 'https://u:p@a.example'}}}",
  "{llms: {m: {base_url: 'https://a.example?x=1'}}}",
  "{llms: {m: {max_tokens: 0}}}",
  "{llms: {m: {input_price: -1}}}",
  "{llms: {m: {chat_path: /a b}}}",
  "{llms: {m: {api_key_env: sk-123}}}",
  "{llms: {m: {api_key: 'ké'}}}",
  `{llms: {m: {${BEDROCK}, aws_region: us-east}}}`,
  `{llms: {m: {${BEDROCK}, aws_region: [eu-west-1, EU]}}}`,
  `{llms: {m: {${BEDROCK}, aws_access_key_id: x}}}`,
  `{llms: {m: {${BEDROCK}, aws_secret_access_key: x}}}`,
  `{llms: {m: {${BEDROCK}, aws_session_token: x}}}`,
  `{llms: {m: {${BEDROCK}, family: claude}}}`,
  `{llms: {m: {${BEDROCK}, api: invoked}}}`,
  "{llms: {m: {api: native}}}",
  `{llms: {m: {${BEDROCK}, guardrail: {id: g}}}}`,
  `{llms: {m: {${BEDROCK}, guardrail: {id: g, version: 1, trace: on}}}}`,
  `{llms: {m: {${BEDROCK}, cache: yes}}}`,
];

describe("refuses what the loader refuses", () => {
  it.each(REFUSED)("%s", (text) => {
    expect(loaderProblems(text)).not.toEqual([]);
    expect(schemaProblems(text)).not.toEqual([]);
  });
});

const binding = (name: string) => (name === "SET" ? "value" : undefined);

/** What the loader refuses and a schema cannot see: names, sums, comparisons, what bindings hold. */
const UNSEEN: readonly (readonly [text: string, problem: RegExp])[] = [
  ["{router: {fallback_models: n}, llms: {m: {}}}", /there is no model/],
  ["{router: {weights: {m: 0}}, llms: {m: {}}}", /every model has the weight 0/],
  ["{router: {embedding_model: m}, llms: {m: {}}}", /wanted one of kind embedding/],
  ["{router: {tiers: [{below: 5, model: m}]}, llms: {m: {}}}", /the last tier takes what is left/],
  ["{router: {tiers: [{model: m}, {model: m}]}, llms: {m: {}}}", /below: missing/],
  [
    "{router: {tiers: [{below: 5, model: m}, {below: 5, model: m}, {model: m}]}, llms: {m: {}}}",
    /is not above \d+, that of the tier before/,
  ],
  ["{router: {routes: [{name: a, model: m, examples: []}]}, llms: {m: {}}}", /examples: missing/],
  [
    "{router: {routes: [{name: a, model: m, examples: x}, {name: a, model: m, examples: y}]}, llms: {m: {}}}",
    /there are two routes/,
  ],
  ["{router: {retry: {base_ms: 9, max_ms: 8}}, llms: {m: {}}}", /is more than/],
  ["{router: {timeout: 99d}, llms: {m: {}}}", /"99d" is not valid/],
  ["{llms: {m: {provider: bedrock, model: acme.model-v1:0}}}", /tell the family/],
  ["{llms: {m: {provider: acme, base_url: '${URL}'}}}", /unset binding/],
  ["{llms: {m: {model: '${SET}'}}}", /\$\{\w+\} is not replaced here/],
  // Only where a model needs them.
  ["{api_keys: {openai: 'ké'}, llms: {m: {}}}", /api_keys\.\w+: .*printable ASCII/],
  ["{llms: {m: {base_url: '${SET}'}}}", /the URL with \$\{SET\} is not/],
  [`{llms: {m: {${BEDROCK}, aws_region: '\${SET}'}}}`, /the value of the binding SET is not a region/],
  [`{llms: {m: {${BEDROCK}, aws_secret_access_key: '\${SET}'}}}`, /aws_access_key_id: missing; wanted both/],
  [`{llms: {m: {${BEDROCK}, aws_access_key_id: '\${SET}'}}}`, /aws_secret_access_key: missing; wanted both/],
  [`{llms: {m: {${BEDROCK}, aws_role_arn: '\${SET}'}}}`, /the value of SET is not the ARN of a role/],
  [
    `{llms: {m: {${BEDROCK}, aws_bearer_token: '\${SET}', aws_role_arn: 'arn:aws:iam::111122223333:role/r'}}}`,
    /stands beside aws_bearer_token/,
  ],
  [
    `{llms: {m: {${BEDROCK}, aws_access_key_id: '\${UNSET}', aws_session_token: x}}}`,
    /aws_session_token: stands alone/,
  ],
];

describe("lets pass what only the loader can see", () => {
  it.each(UNSEEN)("%s", (text, problem) => {
    expect(loaderProblems(text, binding).join()).toMatch(problem);
    expect(schemaProblems(text)).toEqual([]);
  });
});

it("a reference where none is replaced is told once", () => {
  const text = "{router: {knn: {data: '${SET}'}}, llms: {m: {}}}";
  expect(loaderProblems(text, binding)).toEqual([
    expect.stringContaining("router.knn.data: ${SET} is not replaced here"),
  ]);
});

describe("and the loader agree on any file", () => {
  it("on what they take, and on what a schema can refuse", () => {
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(configs, (config) => {
        const text = JSON.stringify(config);
        const problems = loaderProblems(text, binding);
        const visible = problems.filter((line) => !UNSEEN.some(([, problem]) => problem.test(line)));
        if (problems.length === 0) {
          seen.taken++;
          expect(schemaProblems(text)).toEqual([]);
        } else if (visible.length > 0) {
          seen.refused++;
          expect(schemaProblems(text), visible.join("\n")).not.toEqual([]);
        }
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(200);
  });
});

describe("knows the keys that the loader asks for", () => {
  afterEach(() => vi.restoreAllMocks());

  it("all of them and no other", () => {
    const asked = new Set<string>();
    for (const method of ["read", "list", "section", "items", "skip"] as const) {
      const original: (this: Section, ...args: never[]) => unknown = Section.prototype[method];
      vi.spyOn(Section.prototype, method).mockImplementation(function (this: Section, ...args: unknown[]) {
        asked.add(pattern(this.pathOf(String(args[0]))));
        return Reflect.apply(original, this, args) as never;
      });
    }
    const guardrail = "guardrail: {id: g, version: 1}";
    for (const text of [
      `{router: {retry: {}, rules: [{keywords: x, model: m}]}, llms: {m: {${BEDROCK}, ${guardrail}}, n: {}}}`,
      "{router: {provider: groq, model: x, hedge: {}}, llms: {m: {}}}",
      "{router: {tiers: [{model: m}], routes: [{name: a, model: m, examples: x}], knn: {data: q}}, llms: {m: {}}}",
    ]) {
      loadConfig(text, () => undefined);
    }
    const known = properties(SCHEMA).map(([path]) => path);
    const ignored = ["", "serve", "router", "llms.*"].flatMap((section) =>
      [...ignoredKeys(section).keys()].map((key) => (section === "" ? key : `${section}.${key}`)),
    );
    expect(new Set([...asked, ...ignored])).toEqual(new Set(known));
  });
});

type Property = readonly [path: string, schema: Readonly<Record<string, unknown>>];

/** All properties that the schema names, by path. */
function properties(schema: unknown, path = "", root = schema): Property[] {
  const node = asRecord(schema);
  if (typeof node.$ref === "string") {
    const name = node.$ref.replace("#/definitions/", "");
    return properties(asRecord(asRecord(root).definitions)[name], path, root);
  }
  const below = (part: unknown, at: string) => properties(part, at, root);
  const own = Object.entries(asRecord(node.properties)).flatMap(([name, property]): Property[] => {
    const at = path === "" ? name : `${path}.${name}`;
    return [[at, resolved(property, root)], ...below(property, at)];
  });
  return [
    ...own,
    ...["then", "else", "allOf"].flatMap((key) =>
      [node[key]].flat().flatMap((part) => (part ? below(part, path) : [])),
    ),
    ...(node.items ? below(node.items, `${path}[]`) : []),
    ...(path === "llms" ? below(node.additionalProperties, "llms.*") : []),
  ].filter(([at]) => !at.startsWith("models."));
}

/** A definition in place of what refers to it. */
function resolved(property: unknown, root: unknown): Readonly<Record<string, unknown>> {
  const { $ref, ...node } = asRecord(property);
  if (typeof $ref !== "string") return node;
  return asRecord(asRecord(asRecord(root).definitions)[$ref.replace("#/definitions/", "")]);
}

function first([path]: readonly [path: string, rest: unknown]): string {
  return path;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** The path of a key as the schema has it. */
function pattern(path: string): string {
  return path.replace(/^(llms|models)\.[^.]+/, "llms.*").replace(/\[\d+\]/, "[]");
}
