/** `POST /v1/responses/input_tokens`: how long a request is, before it is sent. */
import { countTokens } from "../../chat/token-count.ts";
import { openaiResponses } from "../../dialects/index.ts";
import { readJson } from "../../http/body.ts";
import type { Endpoint } from "../../http/context.ts";
import { isObject } from "../../lib/json.ts";
import { storedResponses } from "../../objects/responses/client.ts";
import { configOf } from "../../services.ts";
import { expand } from "./expand.ts";

export const inputTokens: Endpoint = {
  method: "POST",
  path: "/responses/input_tokens",
  access: "key",
  async handle(c) {
    const { maxBodyBytes } = configOf(c.env).serve;
    const { value } = await readJson(c.req.raw, maxBodyBytes, c.get("hold"));
    const responses = storedResponses(c.env, c.get("client").name);
    const { body, before } = isObject(value)
      ? await expand(value, responses, { most: maxBodyBytes, store: false })
      : { body: value, before: 0 };
    const { request } = openaiResponses.parse(body, c.req.raw.headers, undefined, before);
    // A guess that errs upwards: no model's own tokenizer is here.
    c.header("x-router-estimated", "input_tokens");
    return c.json({ object: "response.input_tokens", input_tokens: countTokens(request) });
  },
};
