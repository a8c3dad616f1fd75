// A decision by meaning without its call, and beside it what it cannot do without: products with as many vectors, in float32 and
// in the plainest loop. `work` is what to do, `times` how often.
import { writeLabelled } from "../../src/routing/strategies/judges/format.ts";
import { judges } from "../../src/routing/strategies/judges/index.ts";

const ROWS = 1869;
const DIMENSIONS = 512;
const MODELS = Array.from({ length: 9 }, (_, n) => `model-${n}`);
const TEXT = 'Explain why {x} = 12 must hold for every "x", and prove it; '.repeat(180).slice(0, 10_240);

let made;

/** Numbers that look random, the same in every run. */
function numbers(count, seed) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

function make() {
  const vectors = Array.from({ length: ROWS }, (_, row) => numbers(DIMENSIONS, row + 1));
  const header = { kind: "knn", model: "bench", digest: "", models: MODELS };
  const scores = vectors.map((_, row) => MODELS.map((_, column) => ((row * 7 + column * 3) % 10) / 10));
  const file = writeLabelled({ header, vectors, scores, texts: [] }).buffer;
  const floats = new Float32Array(ROWS * DIMENSIONS);
  for (const [row, vector] of vectors.entries()) floats.set(vector, row * DIMENSIONS);
  const query = numbers(DIMENSIONS, 99_999);
  const router = {
    knn: { data: "", k: 30, costWeight: 0.1 },
    embeddingModel: { name: "bench", model: "bench" },
    tiers: [{ below: 30, model: "model-0" }, { model: "model-1" }],
  };
  const context = {
    router,
    query: TEXT.slice(0, 500),
    queryChars: TEXT.length,
    further: { vectors: async () => file },
    embed: async () => ({ vector: query }),
    priceOf: () => 1,
    readsTexts: false,
  };
  const targets = MODELS.map((name) => ({ name, model: name }));
  return { floats, query, context, targets, found: new Float32Array(ROWS) };
}

function products({ floats, query, found }) {
  for (let row = 0; row < ROWS; row++) {
    let sum = 0;
    for (let index = 0; index < DIMENSIONS; index++) sum += floats[row * DIMENSIONS + index] * query[index];
    found[row] = sum;
  }
}

const WORK = {
  products: async (given) => products(given),
  knn: ({ targets, context }) => judges.knn(targets, context),
  complexity: async ({ targets, context }) => judges.complexity(targets, context),
};

export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    made ??= make();
    const work = WORK[searchParams.get("work")];
    for (let n = Number(searchParams.get("times")); n > 0; n--) await work(made);
    return new Response("done");
  },
};
