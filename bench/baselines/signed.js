// The least that any Bedrock proxy does: sign with aws4fetch, hand the bytes on natively.
import { AwsClient } from "aws4fetch";

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
    const signed = await client.sign(env.UPSTREAM + new URL(request.url).searchParams.get("path"), {
      method: "POST",
      body: await request.text(),
    });
    const upstream = await fetch(signed);
    return new Response(upstream.body, { headers: { "content-type": "text/event-stream" } });
  },
};
