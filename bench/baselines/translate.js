// The least JavaScript that makes a chat completion of a signed Bedrock call: with a time limit and a log line, but without
// authentication, validation, configuration, routing, retries and what models differ in.
import { AwsClient } from "aws4fetch";

const TIMEOUT_MS = 600_000;

let client;

export default {
  fetch: async (request, env) => {
    client ??= new AwsClient({
      accessKeyId: env.AWS_ACCESS_KEY_ID,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
      service: "bedrock",
      region: "us-east-1",
      retries: 0,
    });
    const started = Date.now();
    const id = crypto.randomUUID();
    const { messages, max_tokens = 4096 } = await request.json();
    const signed = await client.sign(env.UPSTREAM + new URL(request.url).searchParams.get("path"), {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ anthropic_version: "bedrock-2023-05-31", max_tokens, messages }),
    });
    const abort = new AbortController();
    request.signal.addEventListener("abort", () => abort.abort());
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    const upstream = await fetch(signed, { signal: abort.signal, redirect: "manual" });
    const { content, stop_reason, usage } = await upstream.json();
    clearTimeout(timer);
    console.log(JSON.stringify({ id, ms: Date.now() - started, ...usage }));
    const message = { role: "assistant", content: content[0].text };
    return Response.json(
      {
        id: `chatcmpl-${id}`,
        object: "chat.completion",
        created: Math.floor(started / 1000),
        model: "claude",
        choices: [{ index: 0, message, finish_reason: stop_reason === "end_turn" ? "stop" : stop_reason }],
        usage: { prompt_tokens: usage.input_tokens, completion_tokens: usage.output_tokens },
      },
      { headers: { "x-request-id": id } },
    );
  },
};
