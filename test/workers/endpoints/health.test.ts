/** What `GET /health` tells somebody who watches the router. */
import { expect, it, vi } from "vitest";
import { app } from "../../../src/app.ts";
import { ask, CLAUDE, chat, envOf, errorOf, GPT, KEY, quietLog } from "../support.ts";

const NO_AWS = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
const { api_key: _, ...KEYLESS } = GPT;

interface Health {
  readonly status: string;
  readonly degraded?: readonly { readonly for: string; readonly code: string; readonly message: string }[];
}

async function health(config: object, more: Record<string, unknown> = {}) {
  quietLog();
  const response = await ask(envOf(config, more), "/health");
  return { status: response.status, body: await response.json<Health>() };
}

it("is ok and has nothing missing where every model can be called", async () => {
  const { status, body } = await health({ llms: { claude: CLAUDE, gpt: GPT } });
  expect(status).toBe(200);
  expect(body).toMatchObject({ status: "ok", degraded: [] });
});

it.each([
  ["AWS credentials", { llms: { claude: CLAUDE, gpt: GPT } }, NO_AWS, "claude", "aws_credentials_missing"],
  [
    "a half of them",
    { llms: { claude: CLAUDE, gpt: GPT } },
    { AWS_SECRET_ACCESS_KEY: "" },
    "claude",
    "aws_credentials_missing",
  ],
  [
    "a region",
    { llms: { claude: CLAUDE, gpt: GPT } },
    { AWS_REGION: "no region" },
    "claude",
    "config_invalid",
  ],
  ["an API key", { llms: { claude: CLAUDE, gpt: KEYLESS } }, {}, "gpt", "api_key_missing"],
  [
    "an API key for Anthropic",
    { llms: { claude: CLAUDE, direct: { provider: "anthropic", model: "claude-opus-4-5" } } },
    {},
    "direct",
    "api_key_missing",
  ],
  [
    "the router model's key",
    { router: { ...KEYLESS, strategy: "llm" }, llms: { claude: CLAUDE } },
    {},
    "router.model",
    "api_key_missing",
  ],
  [
    "the counter",
    { router: { strategy: "round_robin" }, llms: { claude: CLAUDE } },
    {},
    "router.strategy",
    "binding_missing",
  ],
])("is degraded, but up, where there is no %s", async (_, config, more, what, code) => {
  const { status, body } = await health(config, more);
  expect(status).toBe(200);
  expect(body.status).toBe("degraded");
  expect(body.degraded).toEqual([{ for: what, code, message: expect.stringMatching(/\w/) }]);
});

it("is down where no model can be called, with what each call would say", async () => {
  const config = { llms: { claude: CLAUDE, gpt: KEYLESS } };
  const { status, body } = await health(config, NO_AWS);
  expect(status).toBe(503);
  expect(body.degraded?.map(({ for: what }) => what)).toEqual(["claude", "gpt"]);
  for (const { for: model, code, message } of body.degraded ?? []) {
    const answer = await chat(envOf(config, NO_AWS), { model });
    expect(await errorOf(answer)).toMatchObject({ code, message });
  }
});

it("wants no key where the server wants none, and calls nobody", async () => {
  const fetched = vi.spyOn(globalThis, "fetch");
  const local = { provider: "ollama", model: "x", base_url: "http://127.0.0.1:11434/v1", auth_mode: "none" };
  expect((await health({ llms: { local } })).body).toMatchObject({ status: "ok", degraded: [] });
  expect(fetched).not.toHaveBeenCalled();
  fetched.mockRestore();
});

it("says what each client needs: its API and its address", async () => {
  const { clients } = await (await ask(envOf(), "/health")).json<{ clients: object }>();
  expect(clients).toMatchObject({
    "claude-code": { api: "anthropic-messages", base_url: "https://router.example" },
    codex: { api: "openai-responses", base_url: "https://router.example/v1" },
    openclaw: { api: "openai-chat", base_url: "https://router.example/v1" },
  });
});

it("tells nothing of that without a key, and no secret with one", async () => {
  const secrets = { AWS_ACCESS_KEY_ID: "AKIASECRET", AWS_SECRET_ACCESS_KEY: "" };
  const open = await app.fetch(
    new Request("https://router.example/health"),
    envOf({ llms: { claude: CLAUDE } }, secrets),
  );
  expect(await open.json()).toEqual({ status: "ok" });
  expect(JSON.stringify(await health({ llms: { claude: CLAUDE } }, secrets))).not.toMatch(
    `AKIASECRET|${KEY}`,
  );
});
