// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the configuration names bindings.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { load, problemsOf } from "./support.ts";

/** Every mapping with a fixed set of keys: how to write one with a further key, and the keys it has. */
const LEVELS: [string, (entry: string) => string, string[]][] = [
  [
    "",
    (entry) => `{${entry}, llms: {m: {}}}`,
    ["serve", "router", "api_keys", "models", "memory", "session_routing", "security"],
  ],
  [
    "serve",
    (entry) => `{serve: {${entry}}, llms: {m: {}}}`,
    ["show_model_prefix", "unknown_model", "cors_origins", "max_body_bytes", "session_ttl", "host", "port"],
  ],
  [
    "router",
    (entry) => `{router: {${entry}}, llms: {m: {}}}`,
    [
      "strategy",
      "weights",
      "rules",
      "model",
      "provider",
      "base_url",
      "auth_mode",
      "chat_path",
      "aws_region",
      "fallback_models",
      "retry",
      "timeout",
      "idle_timeout",
      "deadline",
      "sticky",
      "round_robin",
      "default_model",
      "judge_max_tokens",
    ],
  ],
  [
    "router.retry",
    (entry) => `{router: {retry: {${entry}}}, llms: {m: {}}}`,
    ["attempts", "base_ms", "max_ms"],
  ],
  ["router.round_robin", (entry) => `{router: {round_robin: {${entry}}}, llms: {m: {}}}`, ["lease"]],
  [
    "router.rules[0]",
    (entry) => `{router: {rules: [{${entry}}]}, llms: {m: {}}}`,
    ["regex", "min_chars", "max_chars", "has_tools", "has_images", "metadata", "default"],
  ],
  [
    "llms.m",
    (entry) => `{llms: {m: {${entry}}}}`,
    [
      "provider",
      "model",
      "base_url",
      "api_key",
      "api_key_env",
      "auth_mode",
      "local",
      "chat_path",
      "description",
      "input_price",
      "output_price",
      "max_tokens",
      "context_limit",
      "timeout",
      "max_tokens_field",
      "provider_type",
    ],
  ],
  [
    "llms.m",
    (entry) => `{llms: {m: {provider: aws, model: x, ${entry}}}}`,
    [
      "aws_region",
      "aws_access_key_id",
      "aws_secret_access_key",
      "aws_session_token",
      "aws_bearer_token",
      "family",
      "api",
      "guardrail",
      "performance",
      "service_tier",
      "cache",
    ],
  ],
  ["models.m", (entry) => `{models: {m: {${entry}}}}`, ["description", "provider_type"]],
  [
    "llms.m.guardrail",
    (entry) => `{llms: {m: {provider: aws, model: x, guardrail: {id: a, version: b, ${entry}}}}}`,
    ["trace"],
  ],
];

describe("unknown keys", () => {
  it.each(LEVELS)("in %j are named with the nearest valid key", (path, write, keys) => {
    const slip = fc.record({
      key: fc.constantFrom(...keys),
      at: fc.nat(20),
      kind: fc.constantFrom("insert", "swap", "case"),
    });
    fc.assert(
      fc.property(slip, ({ key, at, kind }) => {
        const place = at % key.length;
        const swapped =
          key.slice(0, place) + (key[place + 1] ?? "") + (key[place] ?? "") + key.slice(place + 2);
        const wrong =
          kind === "insert"
            ? `${key.slice(0, place)}q${key.slice(place)}`
            : kind === "swap"
              ? swapped
              : key.toUpperCase();
        fc.pre(wrong !== key && /^[a-z_]+$/i.test(wrong));
        const line = `${path === "" ? "" : `${path}.`}${wrong}: the key "${wrong}" is unknown; the nearest valid key is "${key}"`;
        expect(problemsOf(write(`${wrong}: 1`))).toContain(line);
      }),
      { numRuns: 60 },
    );
  });

  it("are never valid by inheritance", () => {
    for (const key of ["__proto__", "constructor", "toString"]) {
      for (const [, write] of LEVELS)
        expect(problemsOf(write(`${key}: {polluted: 1}`)).length).toBeGreaterThan(0);
    }
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });
});

describe("YAML problems", () => {
  it.each([
    // YAML
    ["a closing bracket missing", "llms: {a: {}", /^line 1, column \d+: /],
    ["a tab", "llms:\n\ta: {}", /^line 2, column 1: a tab/],
    ["a key twice", "llms:\n  a: {}\n  a: {}", /^line 3, column 3: the same key stands twice/],
    ["two documents", "llms: {a: {}}\n---\nllms: {}", /^line 2, column 1: a second document/],
    ["an alias without anchor", "llms: {a: {}}\nserve: *s", /^line 2, column 8: an alias/],
    [
      "a bare *",
      "llms: {a: {}}\nserve: {cors_origins: [*]}",
      /^line 2, column 24: an anchor \(&\) or alias \(\*\) has no name/,
    ],
    ["two colons", "llms: a: b", /^line 1, column 7: .*a second colon/],
    ["merging no mapping", "llms: {a: {<<: 5}}", /^line 1, column 12: a merge \(<<\) of what is no mapping/],
  ])("%s", (_name, text, line) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(line)]);
  });

  it("stop an alias bomb", () => {
    const layers = ["a: &a [x, x, x, x, x, x, x, x, x]"];
    for (const [above, name] of ["ab", "bc", "cd", "de", "ef", "fg"]) {
      layers.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${above}`).join(", ")}]`);
    }
    expect(problemsOf(layers.join("\n"))).toEqual([expect.stringMatching(/too much comes from aliases/)]);
  });

  it.each(["llms: &a {b: *a}", "router: {fallback_models: &f [*f]}\nllms: {a: {}}"])(
    "are values that hold themselves: %s",
    (text) => {
      expect(problemsOf(text)).toEqual([expect.stringMatching(/: an alias .* or inside of it$/)]);
    },
  );
});

describe("loading is total", () => {
  const loads = (text: string): void => {
    // Fails on anything thrown that is not `config_invalid` with a message of the documented form.
    if (problemsOf(text).length === 0) expect(load(text).targets.length).toBeGreaterThan(0);
  };

  it("for any text", () => {
    const pieces = fc.constantFrom(
      "llms",
      "a",
      ": ",
      "\n",
      "\n  ",
      "- ",
      "{",
      "}",
      "[",
      "]",
      ",",
      "&a ",
      "*a",
      "!!set ",
      "!!binary ",
      "<<: ",
      "|",
      ">",
      "'",
      '"',
      "#",
      "%YAML 1.1\n---\n",
      "---\n",
      "? ",
      "~",
      ".nan",
      "${A}",
      "\u0000",
      "\ud800",
      "=",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "grapheme", maxLength: 40 }),
      fc.array(pieces, { maxLength: 25 }).map((list) => list.join("")),
      fc.array(pieces, { maxLength: 25 }).map((list) => `llms: {a: {}}\n${list.join("")}`),
    );
    fc.assert(fc.property(text, loads), { numRuns: 1500 });
  });

  it("for any YAML value, also behind valid keys", () => {
    const keys = fc.constantFrom(
      ...new Set(LEVELS.flatMap(([, , known]) => [...known, "llms", "keywords", "id", "version", "m"])),
      "__proto__",
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.oneof(
          fc.jsonValue({ maxDepth: 1 }),
          fc.double(),
          fc.constantFrom("bedrock", "m", "${X}", "1h", "8MiB", "llm", Number.NaN, -0, 1n),
        ),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(keys, tie("value"), { maxKeys: 5 }),
      ),
    }));
    const file = fc.oneof(
      value,
      fc.record(
        {
          llms: fc.dictionary(fc.constantFrom("m", "n"), fc.dictionary(keys, value)),
          router: fc.dictionary(keys, value),
          serve: value,
          api_keys: value,
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(file, (found) => loads(stringify(found))),
      { numRuns: 1000 },
    );
  });

  it("for deep nesting", () => {
    for (const text of [
      "[".repeat(50_000),
      "{a: ".repeat(20_000),
      `llms: ${"[".repeat(3000)}${"]".repeat(3000)}`,
    ]) {
      expect(problemsOf(text).length).toBeGreaterThan(0);
    }
  });
});
