import fixtures from "virtual:fixtures";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RouterConfig } from "../../../../src/config/types.ts";
import type { RoutingContext } from "../../../../src/routing/strategies/strategy.ts";
import type { Target } from "../../../../src/target.ts";
import { parseChat } from "../../../../src/dialects/openai-chat/client/parse.ts";
import { plan } from "../../../../src/routing/plan.ts";
import { routingQuery } from "../../../../src/routing/query.ts";
import { STRATEGIES, strategyNamed } from "../../../../src/routing/strategies/index.ts";
import ownRequest from "../../../fixtures/openclaw-request.json";
import { FURTHER, mixedTargets, routerConfig, routingContext } from "../../../support/routing.ts";
import { EMBEDDER, furtherWith, letters, queryVectors, routeVectors } from "../../../support/meaning.ts";
import { load } from "../../config/support.ts";

const NAMES = ["claude", "llama", "haiku", "qwen"];
const JUDGE = { model: "claude" };
const EXAMPLES = ["Write a program", "Why does this loop never end?"];

/** What the strategies need that judge a text. */
function meaning(model: string, other = model) {
  return {
    tiers: [{ below: 10, model }, { model: other }],
    routes: [
      { name: "code", model, examples: EXAMPLES },
      { name: "greetings", model: other, examples: ["Hello there", "Good morning"] },
    ],
    knn: { data: "queries.jsonl", k: 2, cost_weight: 0.1 },
    embedding_model: "embedder",
    default: other,
  };
}

function namesOf(targets: readonly Target[]): string[] {
  return targets.map((target) => target.name);
}

/** What any strategy may meet: weights, of which one is above 0, rules of any model, an answer of the router model. */
const situation = fc
  .record({
    names: fc.uniqueArray(fc.constantFrom(...NAMES, "gpt", "nova"), { minLength: 1 }),
    shares: fc.infiniteStream(fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 1000, noNaN: true }))),
    ruled: fc.infiniteStream(fc.nat()),
    text: fc.oneof(fc.string(), fc.constantFrom("write code", "hello there")),
    answer: fc.oneof(fc.string(), fc.constantFrom(...NAMES, '{"model":"llama"}', "I would take qwen.")),
    ticket: fc.nat(1_000_000),
    draws: fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
  })
  .map(({ names, shares, ruled, text, answer, ticket, draws }) => {
    const weights = Object.fromEntries(names.map((name) => [name, shares.next().value]));
    if (Object.values(weights).every((weight) => weight === 0)) weights[names[0] ?? ""] = 1;
    const ruledName = () => names[ruled.next().value % names.length] ?? "";
    const rules = [
      { keywords: ["code"], model: ruledName() },
      { min_chars: 20, model: ruledName() },
      { default: ruledName() },
    ];
    const settings = { ...JUDGE, ...meaning(ruledName(), ruledName()), weights, rules, provider: "ollama" };
    const router = routerConfig(settings, names);
    const scores = Object.fromEntries(names.map((name, index) => [name, index / names.length]));
    return { names, router, text, answer, ticket, draws, scores };
  });

describe.each(STRATEGIES.map((strategy) => [strategy.name, strategy] as const))("%s", (name, strategy) => {
  it("is the strategy of its name, and says what it does", () => {
    expect(strategyNamed(name)).toBe(strategy);
    expect(strategy.description).toMatch(/^[A-Z].{20,}\.$/);
  });

  it("gives each target with a weight above 0 exactly once, and says why, whatever it meets", async () => {
    await fc.assert(
      fc.asyncProperty(situation, async ({ names, router, text, answer, ticket, draws, scores }) => {
        const labelled = { "Write a program": scores, "Hello there": {} };
        const vectors = name === "knn" ? queryVectors(labelled) : routeVectors(router);
        const targets = Object.freeze(mixedTargets(names));
        const { targets: order, reason } = await strategy.order(
          targets,
          routingContext(
            router,
            { messages: [{ role: "user", content: text }] },
            {
              random: () => draws.next().value,
              ticket: async () => ({ number: ticket, degraded: false }),
              complete: async () => answer,
              further: furtherWith(await vectors),
              embed: async () => ({ vector: letters(text) }),
            },
          ),
        );
        const able = names.filter((name) => router.weights[name] !== 0);
        expect(namesOf(order).toSorted()).toEqual(able.toSorted());
        for (const target of order) expect(targets).toContain(target);
        expect(reason).toMatch(/\S.*\.$/s);
      }),
    );
  });

  it("chooses from a pool of Bedrock's and NVIDIA's models by the settings alone", async () => {
    const rules = [{ keywords: ["hi"], model: "llama" }];
    const router = routerConfig({ ...JUDGE, ...meaning("qwen", "llama"), rules }, NAMES);
    const labelled = { Hello: { qwen: 0.5, llama: 0.4, haiku: 0.1 } };
    const further = furtherWith(await (name === "knn" ? queryVectors(labelled) : routeVectors(router)));
    const embed = async () => ({ vector: letters("Hi") });
    const answers = { complete: async () => "qwen", random: () => 0.3, further, embed };
    const context = () => routingContext(router, {}, answers);
    const pool = (names: readonly string[]) =>
      mixedTargets(names).map((target) => ({ ...target, inputPrice: 1, outputPrice: 2 }));
    const order = namesOf((await strategy.order(pool(NAMES), context())).targets);
    const turned = pool(["none", ...NAMES]).slice(1);
    expect(namesOf((await strategy.order(turned, context())).targets)).toEqual(order);
    expect(new Set(mixedTargets(NAMES).map((target) => target.kind))).toEqual(new Set(["bedrock", "openai"]));
  });

  it("never decides over a model that the request names, also one with the weight 0", async () => {
    const chat = Object.fromEntries(NAMES.map((model) => [model, { provider: "nvidia" }]));
    const llms = { ...chat, embedder: EMBEDDER };
    const router = {
      strategy: name,
      ...JUDGE,
      ...meaning("claude"),
      weights: { llama: 0 },
      fallback_models: ["qwen", "llama"],
    };
    const config = load(JSON.stringify({ router, llms }));
    const request = parseChat({ model: "llama", messages: [{ role: "user", content: "Hi" }] });
    const fail = () => {
      throw new Error("not to be asked");
    };
    const planned = await plan(request, { config, random: fail, complete: fail, further: FURTHER });
    expect(planned.strategy).toBe("named");
    expect(namesOf(planned.choice.targets)).toEqual(["llama"]);
    expect(namesOf(planned.fallbacks)).toEqual(["qwen"]);
  });
});

describe("strategyNamed", () => {
  it("knows no other name", () => {
    expect(() => strategyNamed("toString")).toThrow(
      /random, round_robin, rules, llm, cheapest, fastest, complexity, semantic, knn/,
    );
  });
});

describe("rules", () => {
  const rules = strategyNamed("rules");
  const choose = async (list: readonly object[], body: object = {}, router: object = {}) => {
    const config = routerConfig({ ...router, rules: list }, NAMES);
    return rules.order(mixedTargets(NAMES), routingContext(config, { ...body }));
  };
  const chosen = async (list: readonly object[], body: object = {}, router: object = {}) =>
    (await choose(list, body, router)).targets[0]?.name;
  const says = (content: unknown) => ({ messages: [{ role: "user", content }] });

  it.each([
    ["write some CODE", "llama"],
    ["decode this", "llama"],
    ["STRASSE and code", "haiku"],
    ["nothing of that", "qwen"],
  ])("take the first that has a keyword in the text, in any case: %s", async (text, model) => {
    const list = [
      { keywords: ["straße", "Strasse"], model: "haiku" },
      { keywords: ["code", "python"], model: "llama" },
      { keywords: ["code"], model: "claude" },
      { default: "qwen" },
    ];
    expect(await chosen(list, says(text))).toBe(model);
  });

  it("take the first model when none matches and there is no default, as LLMRouter does", async () => {
    const list = [{ keywords: ["code"], model: "llama" }];
    expect(await chosen(list, says("hello"))).toBe("claude");
    expect(await chosen([], says("hello"))).toBe("claude");
  });

  it("take a default wherever it stands only when nothing else matches", async () => {
    const list = [{ default: "qwen" }, { keywords: ["code"], model: "llama" }];
    expect(await chosen(list, says("code"))).toBe("llama");
    expect(await chosen(list, says("hello"))).toBe("qwen");
  });

  it("pass over what leads to a model with the weight 0", async () => {
    const list = [
      { keywords: ["code"], model: "llama" },
      { keywords: ["code"], model: "qwen" },
      { default: "llama" },
      { default: "haiku" },
    ];
    expect(await chosen(list, says("code"), { weights: { llama: 0 } })).toBe("qwen");
    expect(await chosen(list, says("hello"), { weights: { llama: 0 } })).toBe("haiku");
    expect(await chosen([], says("hello"), { weights: { claude: 0 } })).toBe("llama");
  });

  const image = [{ type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }];
  const tools = { tools: [{ type: "function", function: { name: "ls" } }] };
  const custom = { tools: [{ type: "custom", custom: { name: "ls" } }] };
  it.each<[string, object, object, boolean]>([
    ["regex", { regex: "^(fix|repair)\\b" }, says("FIX it"), true],
    ["regex", { regex: "^(fix|repair)\\b" }, says("fixed it"), false],
    ["min_chars", { min_chars: 5 }, says("12345"), true],
    ["min_chars", { min_chars: 5 }, says("1234"), false],
    ["min_chars beyond the query's 500", { min_chars: 2000 }, says("x".repeat(2000)), true],
    ["min_chars beyond the query's 500", { min_chars: 2000 }, says("x".repeat(1999)), false],
    ["max_chars", { max_chars: 5 }, says("12345"), true],
    ["max_chars", { max_chars: 5 }, says("123456"), false],
    ["max_chars without a text", { max_chars: 5 }, says(""), true],
    ["min_chars without a text", { min_chars: 1 }, says(""), false],
    ["has_tools", { has_tools: true }, tools, true],
    ["has_tools with tools of another kind", { has_tools: true }, custom, true],
    ["has_tools", { has_tools: true }, {}, false],
    ["has_tools: false", { has_tools: false }, {}, true],
    ["has_tools: false", { has_tools: false }, tools, false],
    ["has_images", { has_images: true }, says(image), true],
    ["has_images", { has_images: true }, says([{ type: "input_image" }]), true],
    [
      "has_images earlier in the conversation",
      { has_images: true },
      { messages: [...says(image).messages, ...says("and now?").messages] },
      true,
    ],
    ["has_images", { has_images: true }, says("an image"), false],
    ["has_images: false", { has_images: false }, says(image), false],
    ["metadata", { metadata: { team: "x" } }, { metadata: { team: "x", more: "y" } }, true],
    ["metadata that is a number", { metadata: { tier: 2 } }, { metadata: { tier: 2 } }, true],
    ["metadata", { metadata: { team: "x" } }, { metadata: { team: "X" } }, false],
    ["metadata", { metadata: { team: "x", tier: 1 } }, { metadata: { team: "x" } }, false],
    ["metadata that is missing", { metadata: { team: "undefined" } }, {}, false],
    ["metadata that objects have by nature", { metadata: { constructor: "x" } }, { metadata: {} }, false],
    ["all of several", { keywords: ["hi"], has_tools: false, max_chars: 9 }, {}, true],
    ["all of several", { keywords: ["hi"], has_tools: true, max_chars: 9 }, {}, false],
  ])("%s: %j on %j is %s", async (_, condition, body, matches) => {
    const { targets, reason } = await choose([{ ...condition, model: "llama" }, { default: "qwen" }], body);
    expect(targets[0]?.name).toBe(matches ? "llama" : "qwen");
    expect(reason).toMatch(matches ? /^router\.rules\[0\] matched: / : /default/);
  });

  it("run a pattern over no more than the query's 500 characters", async () => {
    const list = [{ regex: "needle", model: "llama" }, { default: "qwen" }];
    expect(await chosen(list, says(`${"x".repeat(494)}needle`))).toBe("llama");
    expect(await chosen(list, says(`${"x".repeat(495)}needle`))).toBe("qwen");
  });

  it("say which rule matched by what", async () => {
    const list = [
      { has_images: true, model: "qwen" },
      { keywords: ["hi"], regex: "i$", model: "llama" },
    ];
    expect((await choose(list)).reason).toBe('router.rules[1] matched: the keyword "hi", the pattern /i$/i.');
  });
});

describe("round_robin", () => {
  const roundRobin = strategyNamed("round_robin");
  async function turns(router: RouterConfig, targets: readonly Target[], count: number) {
    const context = routingContext(router);
    const first: string[] = [];
    for (let i = 0; i < count; i++) {
      first.push((await roundRobin.order(targets, context)).targets[0]?.name ?? "");
    }
    return first.join(" ");
  }

  it("takes turns in the order of the file", async () => {
    const targets = mixedTargets(["c", "a", "b"]);
    expect(await turns(routerConfig({}, ["c", "a", "b"]), targets, 6)).toBe("c a b c a b");
  });

  it("spreads weighted turns evenly, and leaves out the weight 0", async () => {
    const weights = { a: 2.5, b: 0.5, c: 0.5, d: 0 };
    const names = ["a", "b", "c", "d"];
    const targets = mixedTargets(names);
    expect(await turns(routerConfig({ weights }, names), targets, 7)).toBe("a a b a c a a");
  });

  it("goes on with who comes next in the file, if the first cannot answer", async () => {
    const context = routingContext(
      routerConfig({}, NAMES),
      {},
      { ticket: async () => ({ number: 6, degraded: true }) },
    );
    const choice = await roundRobin.order(mixedTargets(NAMES), context);
    expect(namesOf(choice.targets)).toEqual(["haiku", "qwen", "claude", "llama"]);
    expect(choice.note).toBe("degraded");
    expect(choice.reason).toMatch(/^Turn 3 of the 4 .*own count/);
  });

  it("names one counter for each set of names and shares, in whatever order and measure the file has them", async () => {
    const counters = new Map<string, number>();
    const ask = async (names: readonly string[], weights: object) => {
      const ticket: RoutingContext["ticket"] = async (counter, cycle) => {
        counters.set(counter, cycle);
        return { number: 0, degraded: false };
      };
      const context = routingContext(routerConfig({ weights }, names), {}, { ticket });
      await roundRobin.order(mixedTargets(names), context);
      return counters.size;
    };
    expect(await ask(["a", "b"], {})).toBe(1);
    expect(await ask(["b", "a"], { a: 0.5, b: 0.5 })).toBe(1);
    expect(await ask(["a", "c", "b"], { c: 0 })).toBe(1);
    expect(await ask(["a", "b"], { a: 2 })).toBe(2);
    expect(await ask(["a", "b"], { a: 4, b: 2 })).toBe(2);
    expect(await ask(["a", "b"], { b: 2 })).toBe(3);
    expect(await ask(["a", "b", "c"], {})).toBe(4);
    // Names cannot be mistaken for their shares.
    expect(await ask(["a,1", "b"], {})).toBe(5);
    expect([...counters.values()]).toEqual([2, 3, 3, 3, 2]);
  });
});

/** The strategies see what the user said, not what the agent put around it. */
describe.each([
  ["its own shape", ownRequest],
  ["as recorded", fixtures["openclaw-request"]],
])("the agent's request, %s", (_, recorded) => {
  const body = typeof recorded === "object" && recorded !== null ? { ...recorded } : undefined;
  it.skipIf(body === undefined)("is judged by the user's words only", async () => {
    const request = parseChat(body);
    const query = routingQuery(request.messages);
    expect(query).not.toMatch(/INTERNAL_CONTEXT|Runtime:|UTC|agent=/);
    const words = ["openclaw", "runtime", "session", "utc", "data"];
    const list = [
      { keywords: words, model: "llama" },
      { min_chars: 100, model: "llama" },
      { keywords: [query.slice(0, 12).toUpperCase()], has_tools: true, max_chars: 99, model: "haiku" },
      { default: "qwen" },
    ];
    const router = routerConfig({ ...JUDGE, rules: list }, NAMES);
    const prompts: string[] = [];
    const context = routingContext(router, body, {
      complete: async (_, prompt) => {
        prompts.push(prompt.user);
        return "qwen";
      },
    });
    const targets = mixedTargets(NAMES);
    expect((await strategyNamed("rules").order(targets, context)).targets[0]?.name).toBe("haiku");
    expect((await strategyNamed("llm").order(targets, context)).targets[0]?.name).toBe("qwen");
    expect(prompts).toEqual([`<request>${JSON.stringify(query)}</request>`]);
  });
});
