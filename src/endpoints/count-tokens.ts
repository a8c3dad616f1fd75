import { parseMessages } from "../dialects/index.ts";
import { readJson } from "../http/body.ts";
import type { AppContext, Endpoint } from "../http/context.ts";
import { ticketCounter } from "../objects/round-robin/client.ts";
import { countInput } from "../routing/count.ts";
import { allowanceFor, configOf, FURTHER } from "../services.ts";

/** `POST /v1/messages/count_tokens`: a Messages request without `max_tokens`. Agents shorten their history by it. */
export const countTokens: Endpoint = {
  method: "POST",
  path: "/messages/count_tokens",
  access: "key",
  handle,
};

async function handle(c: AppContext): Promise<Response> {
  const config = configOf(c.env);
  const { value, text } = await readJson(c.req.raw, config.serve.maxBodyBytes, c.get("hold"));
  const request = parseMessages(value, c.req.raw.headers, { text, counting: true });
  const { tokens, estimated, target } = await countInput(request, {
    ...{ config, random: Math.random, client: c.get("client").name, counter: ticketCounter(c.env) },
    ...{ allowance: allowanceFor(c.env, c.get("client")), further: FURTHER },
    ...{ binding: c.get("binding"), ownHost: c.get("host"), signal: c.req.raw.signal },
  });
  return c.json({ input_tokens: tokens }, 200, {
    ...(target && { "x-router-model": target.name }),
    ...(estimated && { "x-router-estimated": "input_tokens" }),
  });
}
