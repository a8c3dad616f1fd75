/** What 100 texts cost: a call of Titan for each, six at once, and the vectors of 1,024 numbers as the client's base64. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { spentBy } from "../support/load.ts";
import type { Served } from "../support/served.ts";
import { playName } from "../upstream/play.ts";
import { type Row, valueLine } from "./row.ts";

const TEXTS = 100;
const REQUESTS = 20;
/** The upstream answers every text at once. */
const PLAY = playName({ kind: "bedrock", events: 0, paceMs: 0 });

export const embeddings: Row = {
  name: "embeddings",
  rounds: 3,
  plays: [],
  async run(stage, { rounds, quick }) {
    const model = {
      provider: "bedrock",
      model: "amazon.titan-embed-text-v2:0",
      base_url: `${stage.upstream.url}/${PLAY}`,
    };
    const served = await stage.serveRouter("embeddings", JSON.stringify({ llms: { titan: model } }));
    const count = quick ? REQUESTS / 4 : REQUESTS;
    const work = async () => {
      for (let n = 0; n < count; n++) await embed(served);
    };
    await work();
    const samples: { cpu: number; wall: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const { cpuMs, wallMs } = await spentBy(served, work);
      samples.push({ cpu: cpuMs / count, wall: wallMs / count });
    }
    await served.close();
    const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
    const what = (part: string) => `Embeddings, ${TEXTS} texts: ${part}`;
    return [
      valueLine(what("CPU"), "ms/request", median(samples.map(({ cpu }) => cpu))),
      valueLine(what("time"), "ms/request", median(samples.map(({ wall }) => wall))),
    ];
  },
};

async function embed(served: Served): Promise<void> {
  const input = Array.from({ length: TEXTS }, (_, n) => `Text number ${n} is about as long as a sentence.`);
  const body = JSON.stringify({ model: "titan", input, encoding_format: "base64" });
  const sent = request({
    ...{ host: "127.0.0.1", port: served.port, method: "POST", path: "/v1/embeddings" },
    headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
  });
  sent.end(body);
  const [response]: IncomingMessage[] = await once(sent, "response");
  const text = Buffer.concat((await response?.toArray()) ?? []).toString();
  if (response?.statusCode !== 200) throw new Error(`${served.name}: ${text.slice(0, 500)}`);
}
