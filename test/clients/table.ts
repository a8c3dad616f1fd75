/** Which clients are run, over which API, with which models. docs/clients.md shows it. */
import { MODELS, type Model } from "./models.ts";
import { claudeCode } from "./programs/claude-code.ts";
import { cline } from "./programs/cline.ts";
import { codex } from "./programs/codex.ts";
import { continueDev } from "./programs/continue.ts";
import { library } from "./programs/library.ts";
import { openclaw } from "./programs/openclaw.ts";
import { opencode } from "./programs/opencode.ts";
import type { Program } from "./programs/program.ts";

export type Dialect = "chat" | "Responses" | "Messages";

export interface Row {
  readonly dialect: Dialect;
  readonly program: Program;
  readonly models: readonly Model[];
}

const AI_SDK = { name: "AI SDK", script: "ai-sdk-openai.mjs" } as const;
const LANGCHAIN = { name: "LangChain", kit: "langchain", script: "langchain.mjs" } as const;

/** Each takes a core and seconds to start: the slow ones run on few models. */
export const ROWS: readonly Row[] = [
  { dialect: "Messages", program: claudeCode, models: MODELS },
  { dialect: "Responses", program: codex, models: MODELS },
  { dialect: "chat", program: openclaw("openai-completions"), models: ["claude"] },
  { dialect: "Responses", program: openclaw("openai-responses"), models: ["nova"] },
  { dialect: "Messages", program: openclaw("anthropic-messages"), models: ["claude"] },
  { dialect: "chat", program: opencode("@ai-sdk/openai-compatible"), models: ["gpt-oss"] },
  { dialect: "Responses", program: opencode("@ai-sdk/openai"), models: ["gpt"] },
  { dialect: "Messages", program: opencode("@ai-sdk/anthropic"), models: ["nova"] },
  { dialect: "chat", program: cline, models: ["claude", "nova"] },
  { dialect: "chat", program: continueDev, models: ["claude-adaptive", "gpt"] },
  {
    dialect: "Responses",
    program: library({ name: "OpenAI SDK", kit: "openai-sdk", script: "openai-sdk.mjs" }),
    models: MODELS,
  },
  {
    dialect: "chat",
    program: library({
      ...AI_SDK,
      kit: "ai-sdk-compatible",
      env: { PROVIDER: "@ai-sdk/openai-compatible" },
      looks: false,
    }),
    models: ["claude", "nova", "gpt-oss"],
  },
  {
    dialect: "Responses",
    program: library({ ...AI_SDK, kit: "ai-sdk-openai", env: { PROVIDER: "@ai-sdk/openai" } }),
    models: ["claude-adaptive", "nova", "gpt"],
  },
  {
    dialect: "Messages",
    program: library({ name: "AI SDK", kit: "ai-sdk-anthropic", script: "ai-sdk-anthropic.mjs" }),
    models: MODELS,
  },
  {
    dialect: "Responses",
    program: library({ name: "Agents SDK", kit: "openai-agents", script: "openai-agents.mjs" }),
    models: ["claude", "gpt-oss", "gpt"],
  },
  {
    dialect: "chat",
    program: library({ ...LANGCHAIN, env: { API: "chat" }, looks: false }),
    models: ["claude", "nova", "gpt"],
  },
  {
    dialect: "Responses",
    program: library({ ...LANGCHAIN, env: { API: "responses" } }),
    models: ["claude", "nova", "gpt"],
  },
];
