/** Client programs that are known: which API they speak to the router, and under which address. */

type Api = "openai-chat" | "openai-responses" | "anthropic-messages";

const MESSAGES: Api = "anthropic-messages";
const APIS: Readonly<Record<string, Api>> = {
  "claude-code": MESSAGES,
  codex: "openai-responses",
  openclaw: "openai-chat",
  opencode: "openai-chat",
  cline: "openai-chat",
  continue: "openai-chat",
  "openai-sdk": "openai-chat",
  "anthropic-sdk": MESSAGES,
};

/** Of each client: its API and its base URL. @param origin The router's address. */
export function clientNeeds(origin: string) {
  const needs = Object.entries(APIS).map(([name, api]) => {
    // Anthropic's clients put /v1 behind it themselves.
    const base_url = api === MESSAGES ? origin : `${origin}/v1`;
    return [name, { api, base_url }] as const;
  });
  return Object.fromEntries(needs);
}
