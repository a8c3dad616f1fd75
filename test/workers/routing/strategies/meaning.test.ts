/** Strategies semantic and knn, with vectors of letters. */
import { describe, expect, it } from "vitest";
import type { RouterConfig } from "../../../../src/config/types.ts";
import type { RoutingContext } from "../../../../src/routing/strategies/strategy.ts";
import type { Target } from "../../../../src/target.ts";
import { strategyNamed } from "../../../../src/routing/strategies/index.ts";
import { mixedTargets, nvidiaTarget, routerConfig, routingContext } from "../../../support/routing.ts";
import { furtherWith, letters, queryVectors, routeVectors } from "../../../support/meaning.ts";

const NAMES = ["first", "code", "talk"];
const ROUTES = [
  { name: "xxyyzz", model: "code", examples: ["xyz xyz", "zzz yyy", "xx yy"] },
  { name: "aabbcc", model: "talk", examples: ["abc abc", "aaa bbb", "cc bb"] },
];

function configured(settings: object): RouterConfig {
  return routerConfig({ routes: ROUTES, embedding_model: "embedder", ...settings }, NAMES);
}

interface More extends Partial<RoutingContext> {
  readonly vectors?: ArrayBuffer;
  readonly targets?: readonly Target[];
}

/** What a strategy decides about a text. */
async function decide(name: "semantic" | "knn", router: RouterConfig, text: string, more: More = {}) {
  const { vectors = await routeVectors(router), targets = mixedTargets(NAMES), ...context } = more;
  const body = { messages: [{ role: "user", content: text }] };
  const choice = await strategyNamed(name).order(
    targets,
    routingContext(router, body, {
      further: furtherWith(vectors),
      embed: async () => ({ vector: letters(text) }),
      ...context,
    }),
  );
  return { ...choice, order: choice.targets.map((target) => target.name) };
}

describe("semantic", () => {
  const router = configured({ strategy: "semantic" });

  it("takes the route whose examples are nearest", async () => {
    expect((await decide("semantic", router, "xyzzy")).order).toEqual(["code", "talk", "first"]);
    expect((await decide("semantic", router, "a cab")).order).toEqual(["talk", "code", "first"]);
  });

  it("takes the default below the threshold, and the first model where there is none", async () => {
    const strict = { strategy: "semantic", threshold: 0.9 };
    const withDefault = configured({ ...strict, default: "talk" });
    const { order, reason } = await decide("semantic", withDefault, "mnopqrst");
    expect(order).toEqual(["talk", "first", "code"]);
    expect(reason).toMatch(
      /^The default, because the nearest, example \d of route '\w+' \(similarity 0\.\d+\), is below router\.threshold \(0\.9\)\.$/,
    );
    expect((await decide("semantic", configured(strict), "mnopqrst")).order[0]).toBe("first");
  });

  it("passes over a route whose model cannot serve", async () => {
    const targets = mixedTargets(["first", "talk"]);
    expect((await decide("semantic", router, "xyzzy", { targets })).order).toEqual(["talk", "first"]);
    const off = configured({ strategy: "semantic", weights: { code: 0 } });
    expect((await decide("semantic", off, "xyzzy")).order).toEqual(["talk", "first"]);
    const alone = { targets: mixedTargets(["first"]) };
    const { order, reason } = await decide("semantic", router, "xyzzy", alone);
    expect(order).toEqual(["first"]);
    expect(reason).toContain("no route leads to a model that can serve");
  });

  it("goes by the threshold alone where there is one route", async () => {
    const one = configured({ strategy: "semantic", routes: ROUTES.slice(0, 1), threshold: 0.8 });
    expect((await decide("semantic", one, "xyzzy")).order[0]).toBe("code");
    expect((await decide("semantic", one, "mnopqrst")).order[0]).toBe("first");
  });

  it("tells examples by route and number, and their texts to those alone who may read them", async () => {
    const { reason, details } = await decide("semantic", router, "zzz yyy");
    expect(reason).toMatch(
      /^Route 'xxyyzz' \(score 0\.\d+\), by example 2 of route 'xxyyzz' \(similarity \d(\.\d+)?\); next 'aabbcc' \(score -?\d/,
    );
    expect(JSON.stringify([reason, details])).not.toContain("zzz yyy");
    const told = await decide("semantic", router, "zzz yyy", { readsTexts: true });
    expect(told.reason).toBe(reason);
    expect(told.details).toMatchObject({ routes: [{ route: "xxyyzz", example: 2, text: "zzz yyy" }, {}] });
  });
});

describe("knn", () => {
  const QUERIES = {
    "xyz xyz": { code: 0.9, talk: 0.1 },
    "xx yy zz": { code: 0.8, talk: 0.2, stranger: 1 },
    "abc abc": { code: 0.1, talk: 0.9 },
    "aa bb cc": { code: 0.2, talk: 0.7 },
  };
  const router = (knn: object = {}) =>
    configured({ strategy: "knn", knn: { data: "q.jsonl", k: 2, ...knn }, default: "first" });
  const choose = async (text: string, more: More = {}, settings = router()) =>
    decide("knn", settings, text, { vectors: await queryVectors(QUERIES), ...more });

  it("takes the model that was best at the nearest queries; what has no scores comes last", async () => {
    expect((await choose("zyx")).order).toEqual(["code", "talk", "first"]);
    expect((await choose("cab")).order).toEqual(["talk", "code", "first"]);
  });

  it("weighs a model's price against its score", async () => {
    const priceOf = ({ name }: Target) => ({ code: 10, talk: 1 })[name];
    expect((await choose("zyx", { priceOf }, router({ cost_weight: 0.1 }))).order[0]).toBe("code");
    const { order, reason } = await choose("zyx", { priceOf }, router({ cost_weight: 0.9 }));
    expect(order[0]).toBe("talk");
    expect(reason).toContain("less 0.9 of the price");
  });

  it("takes the default where nobody who can serve has scores", async () => {
    const { order, reason } = await choose("zyx", { targets: mixedTargets(["first"]) });
    expect(order).toEqual(["first"]);
    expect(reason).toBe("The default, because the labelled queries have scores of no model that can serve.");
  });

  it("knows a scored model by an alias or the upstream's id, too", async () => {
    const vectors = await queryVectors({
      xyz: { "meta/code": 1, "old-a": 0 },
      abc: { "meta/code": 0, "old-a": 1 },
    });
    const targets = [nvidiaTarget("first", { aliases: ["old-*"] }), nvidiaTarget("code")];
    const one = router({ k: 1 });
    expect((await choose("xyz", { vectors, targets }, one)).order[0]).toBe("code");
    expect((await choose("abc", { vectors, targets }, one)).order[0]).toBe("first");
  });

  it("tells neighbours by number and similarity, and their texts to those alone who may read them", async () => {
    const { reason, details } = await choose("xyz");
    expect(reason).toMatch(
      /^By the 2 nearest of 4 labelled queries \(similarity \d(\.\d+)? to \d(\.\d+)?, query 0 first\): expected score 0\.\d+; next 'talk' 0\.\d+\.$/,
    );
    expect(JSON.stringify([reason, details])).not.toContain("xyz");
    expect(details).toMatchObject({ neighbours: [{ index: 0 }, { index: 1 }] });
    const told = await choose("xyz", { readsTexts: true });
    expect(told.details).toMatchObject({ neighbours: [{ text: "xyz xyz" }, { text: "xx yy zz" }] });
  });
});

describe("what does not work", () => {
  const router = configured({ strategy: "semantic", default: "talk" });
  const fails = (more: More) => expect(decide("semantic", router, "xyz", more)).rejects;

  it("is said where there are no vectors, or no such file", async () => {
    const message = /There are no vectors beside the Worker\. Run npm run embed/;
    await fails({ vectors: new ArrayBuffer(0) }).toThrow(message);
    await fails({ vectors: new ArrayBuffer(100) }).toThrow(message);
    await fails({ vectors: (await routeVectors(router)).slice(0, -50) }).toThrow(message);
  });

  it("is said where they are another model's, or of other examples", async () => {
    await fails({ vectors: await routeVectors(router, "titan") }).toThrow(
      /were made by titan, and router\.embedding_model is letters\. Run npm run embed/,
    );
    const routes = [{ ...ROUTES[0], examples: ["else"] }];
    const others = await routeVectors(configured({ strategy: "semantic", routes }));
    await fails({ vectors: others }).toThrow(/other examples than the configuration has/);
    await fails({ vectors: await queryVectors({ xyz: { code: 1 } }) }).toThrow(/other examples/);
  });

  it("is said where the query's vector has another length", async () => {
    const embed = async () => ({ vector: new Float32Array(3).fill(1) });
    await fails({ embed }).toThrow(/'embedder' gives 3 numbers, and the vectors beside the Worker have 27/);
  });

  it("leads to the default where the embedding model fails, whose words are for the details alone", async () => {
    const embed = async () => ({ code: "upstream_timeout", message: "the upstream's words" });
    const { order, note, reason, details } = await decide("semantic", router, "xyz", { embed });
    expect(order).toEqual(["talk", "first", "code"]);
    expect(note).toBe("fallback");
    expect(reason).toBe("The default, because the embedding model 'embedder' failed (upstream_timeout).");
    expect(details).toEqual({ failure: "the upstream's words" });
  });

  it("chooses nothing where the model may not be asked", async () => {
    const { order, reason } = await decide("semantic", router, "xyz", { embed: async () => undefined });
    expect(order).toEqual([]);
    expect(reason).toContain("?live=1");
  });
});
