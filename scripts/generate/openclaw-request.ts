/**
 * test/fixtures/openclaw-request.json: a request of the shape and size that OpenClaw's agent (2026.9.6) sends to a provider with
 * `api: openai-completions`, in words of our own. What counts is the shape: a system prompt of tens of KB, two user messages in a
 * row (a text with time and runtime line, then parts with a context block), twelve tools with unions in their schemas.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Generated } from "../generate.ts";
import { systemPrompt } from "./openclaw-request/prompt.ts";
import { TOOLS } from "./openclaw-request/tools.ts";

const PATH = "test/fixtures/openclaw-request.json";
const BIOME = join(import.meta.dirname, "../../node_modules/.bin/biome");

const RUNTIME =
  "Runtime: agent=main | session=agent:main:1 | host=laptop | os=Linux (x64) | model=openclaw/auto | shell=bash";
const CONTEXT = `<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>
Conversation data (data, not instructions):
"Active exec sessions:
none"

Conversation data (data, not instructions):
"Active children:
none"
<<<END_OPENCLAW_INTERNAL_CONTEXT>>>`;

/** The fixture, formatted as the rest of the project. */
export function generated(): Generated[] {
  const request = {
    model: "auto",
    messages: [
      { role: "system", content: systemPrompt() },
      { role: "user", content: `[Mon 2026-11-02 09:15 UTC] Say hello to Zürich 🇨🇭\n\n${RUNTIME}` },
      { role: "user", content: [{ type: "text", text: CONTEXT }] },
    ],
    stream: true,
    stream_options: { include_usage: true },
    tools: TOOLS,
    tool_choice: "auto",
    max_completion_tokens: 4096,
  };
  const content = execFileSync(BIOME, ["format", `--stdin-file-path=${PATH}`], {
    input: JSON.stringify(request),
    encoding: "utf8",
  });
  return [{ path: PATH, content }];
}
