// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the configuration names bindings.
/** A file that the build has packed becomes the same configuration as one that is checked where it runs. */
import { globSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inspectFile } from "../../../scripts/config-check/pack.ts";
import { readJson } from "../../../src/config/document.ts";
import { expandWith } from "../../../src/config/expand.ts";
import { checkConfig, type Checked } from "../../../src/config/index.ts";
import { FORM, readPacked, unpack } from "../../../src/config/packed.ts";
import type { Config } from "../../../src/config/types.ts";
import { readYaml } from "../../../src/config/yaml.ts";
import type { ReadBinding } from "../../../src/env.ts";
import { clientNote } from "../../../src/http/client-keys.ts";
import { bedrockTask, targetNote, targetProblem } from "../../../src/providers/index.ts";
import { configs } from "./arbitrary-configs.ts";
import { ROOT, read } from "./support.ts";

type Bindings = Readonly<Record<string, string | undefined>>;

const CHECKS = { bedrockTask, target: targetProblem, note: targetNote };
const AWS = "provider: bedrock, model: amazon.nova-lite-v1:0";

function bindingOf(values: Bindings): ReadBinding {
  return (name) => (Object.hasOwn(values, name) ? values[name] : undefined);
}

function documentOf(text: string) {
  return readJson(text) ?? readYaml(text);
}

/** As an isolate does that has to check the whole file. */
function checkedHere(text: string, values: Bindings): Checked {
  const binding = bindingOf(values);
  return checkConfig(documentOf(text), expandWith(binding), { ...CHECKS, client: clientNote(binding) });
}

/** As the build does and then an isolate; undefined where either leaves it. */
function packedHere(text: string, values: Bindings): Config | undefined {
  const { valid } = inspectFile(documentOf(text), CHECKS);
  const binding = bindingOf(values);
  return valid && unpack(readPacked(JSON.stringify(valid.packed)), binding, clientNote(binding));
}

/** Both ways; whether the short one was taken. */
function compare(text: string, values: Bindings): boolean {
  const found = packedHere(text, values);
  if (found === undefined) return false;
  const checked = checkedHere(text, values);
  expect(checked.kind, JSON.stringify([text, values, checked])).toBe("valid");
  if (checked.kind === "valid") expect(found).toStrictEqual(checked.config);
  expect(found.chatTargets.every((target) => found.targets.includes(target))).toBe(true);
  const { judge, embeddingModel } = found.router;
  if (judge && checked.kind === "valid") {
    const same = checked.config.targets.some((target) => target === checked.config.router.judge);
    expect(found.targets.includes(judge)).toBe(same);
  }
  if (embeddingModel) expect(found.targets).toContain(embeddingModel);
  return true;
}

describe("is taken as it was packed", () => {
  it.each(globSync("config/**/*.yaml", { cwd: ROOT }))("%s, with nothing set", (file) => {
    expect(compare(read(file), {})).toBe(true);
  });

  it.each<[text: string, values: Bindings]>([
    ["{llms: {m: {api_key: '${K}'}, n: {api_key: ' ${K} '}}}", { K: "secret" }],
    ["{llms: {m: {api_key: '${K}'}}}", {}],
    ["{llms: {m: {api_key: '${A}-${B}'}}}", { A: "a" }],
    ["{llms: {m: {}, n: {}}, api_keys: {openai: ['${A}', b, '${C}', '${D}']}}", { C: "c" }],
    ["{llms: {m: {base_url: 'https://${HOST}:${PORT}/v1//'}}}", { HOST: "a.example", PORT: "8080" }],
    ["{llms: {m: {provider: anthropic, base_url: '${URL}'}}}", { URL: "https://a.example/v1/" }],
    [`{llms: {m: {${AWS}, base_url: '\${URL}'}}}`, { URL: "http://localhost:4566/" }],
    [`{llms: {m: {${AWS}, aws_region: [nearest, '\${R}', 'us-\${W}-1']}}}`, { R: "eu-west-1", W: "west" }],
    [`{aws: {region: '\${R}'}, llms: {m: {${AWS}}, n: {${AWS}}}}`, { R: "eu-west-1" }],
    [
      `{llms: {m: {${AWS}, aws_access_key_id: '\${A}', aws_secret_access_key: '\${B}', aws_session_token: '\${C}'}}}`,
      { A: "a", B: "b" },
    ],
    [
      `{aws: {role_arn: 'arn:aws:iam::\${ACCOUNT}:role/r', external_id: '\${E}', oidc_issuer: https://a.example}, llms: {m: {${AWS}}}}`,
      { ACCOUNT: "111122223333", E: "ee" },
    ],
    ["{serve: {webhook: 'https://a.example/${W}'}, llms: {m: {}}}", { W: "x?y=z" }],
    ["{router: {strategy: llm, model: n}, llms: {m: {}, n: {api_key: '${K}'}}}", { K: "k" }],
    ["{router: {base_url: '${URL}', model: x}, llms: {m: {}}}", { URL: "https://a.example" }],
    ["{keys: {a: {models: [m]}, b: {}, '*': {disabled: true}}, llms: {m: {}}}", {}],
    ["{keys: {a: {}, b: {}}, llms: {m: {}}}", { ROUTER_API_KEYS: "b=0123456789abcdef" }],
    ["{llms: {__proto__: {}, constructor: {}}, router: {weights: {__proto__: 2}}}", {}],
    [
      "{router: {strategy: rules, rules: [{regex: '^a[/]', metadata: {__proto__: x}, model: m}]}, llms: {m: {}}}",
      {},
    ],
    ["{llms: {m: {description: standin, api_key: '${K}'}}}", { K: "standin-1" }],
  ])("%s with %j", (text, values) => {
    expect(compare(text, values)).toBe(true);
  });
});

describe("is left to the check of the whole file", () => {
  it.each<[text: string, values: Bindings]>([
    ["{llms: {m: {base_url: '${URL}'}}}", {}],
    ["{llms: {m: {base_url: '${URL}'}}}", { URL: "no address" }],
    // No key is wanted there.
    ["{llms: {m: {base_url: '${URL}'}}}", { URL: "http://localhost:1234" }],
    ["{llms: {m: {api_key: '${K}'}}}", { K: "ké" }],
    [`{llms: {m: {${AWS}, aws_region: '\${R}'}}}`, { R: "nearest" }],
    [`{llms: {m: {${AWS}, aws_region: '\${R}'}}}`, {}],
    [`{llms: {m: {${AWS}, aws_access_key_id: a, aws_secret_access_key: '\${B}'}}}`, {}],
    [`{llms: {m: {${AWS}, aws_bearer_token: '\${T}'}}}`, {}],
    [`{llms: {m: {${AWS}, aws_role_arn: '\${ROLE}'}}}`, { ROLE: "role/r" }],
    [`{llms: {m: {${AWS}, aws_role_arn: 'arn:aws:iam::111122223333:role/r', aws_external_id: '\${E}'}}}`, {}],
    ["{serve: {webhook: '${W}'}, llms: {m: {}}}", {}],
  ])("%s with %j", (text, values) => {
    expect(packedHere(text, values)).toBeUndefined();
    expect(inspectFile(documentOf(text), CHECKS).problems).toEqual([]);
  });
});

/** Where a reference may stand. */
const TAKES =
  /^(?:base_url|webhook|aws_region|region|api_key|openai|groq|.*role_arn|.*external_id|aws_.*key.*|aws_.*token)$/;

it("whatever is written in the file or in bindings", () => {
  const seen = { short: 0, long: 0, refused: 0 };
  /** For each text that may be one: itself, or a reference to it, to nothing, or to something else. */
  const choices = fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(configs, choices, (config, picks) => {
      const values: Record<string, string | undefined> = { SET: "value" };
      let at = 0;
      const text = JSON.stringify(config, function hide(this: unknown, key, value: unknown) {
        const holder = Array.isArray(this) ? "" : key;
        if (typeof value !== "string" || value.includes("$") || (holder !== "" && !TAKES.test(key)))
          return value;
        const pick = picks[at++ % picks.length] ?? 0;
        if (pick < 4 || holder === "") return value;
        const name = `B${at}`;
        values[name] = { 4: value.trim(), 5: value.trim(), 6: "nearest" }[pick] || undefined;
        return `\${${name}}`;
      });
      const { valid } = inspectFile(documentOf(text), CHECKS);
      if (valid === undefined) seen.refused++;
      else if (compare(text, values)) seen.short++;
      else seen.long++;
    }),
    { numRuns: 3000 },
  );
  expect(seen.short).toBeGreaterThan(300);
  expect(seen.long).toBeGreaterThan(30);
  expect(seen.refused).toBeGreaterThan(100);
});

describe("what is bundled", () => {
  const packed = (text: string) => JSON.stringify(inspectFile(documentOf(text), CHECKS).valid?.packed);

  it("has references as they are written, and nothing of the build's own in their place", () => {
    const text = packed("{llms: {m: {api_key: '${K}', base_url: 'https://${HOST}/v1'}}}");
    expect(text).toContain("${K}");
    expect(text).toContain("https://${HOST}/v1");
    expect(text).not.toContain("standin");
  });

  it.each([
    ["nothing", ""],
    ["no JSON", "llms: {m: {}}"],
    ["null", "null"],
    ["a mapping of the file", '{"llms":{"m":{}}}'],
    ["another build's", packed("llms: {m: {}}").replace(`"form":${FORM}`, `"form":${FORM + 1}`)],
  ])("is refused where it is %s", (_, text) => {
    expect(() => readPacked(text)).toThrow(
      /was not made by the build of this Worker; wanted .+ npm run build/,
    );
  });
});
