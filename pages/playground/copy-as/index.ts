/** A request as code for other places. The key is always a placeholder. */
import type { Model } from "../api/client.ts";
import type { JsonObject } from "../../lib/json.ts";
import { claudeCode, codex, openclaw, PLACEHOLDER, type Writer } from "./agents.ts";
import { literal, PYTHON, TYPESCRIPT } from "./literal.ts";
import { messagesRequest } from "./messages.ts";

export interface Context {
  /** The router's address, without `/v1`. */
  readonly origin: string;
  readonly models: readonly Model[];
  /** Whether the router wants a key. */
  readonly needsKey: boolean;
}

export interface Language {
  readonly name: string;
  /** Where it goes or what it needs. */
  readonly note: string;
  readonly write: (body: JsonObject, context: Context) => string;
}

export const LANGUAGES: readonly Language[] = [
  { name: "curl", note: "For a shell such as bash.", write: curl },
  { name: "Python", note: "Needs the package openai.", write: python },
  { name: "TypeScript", note: "Needs the package openai.", write: typescript },
  { name: "Anthropic SDK", note: "Needs the package @anthropic-ai/sdk.", write: anthropic },
  { name: "Claude Code", note: "For a shell; starts Claude Code with this model.", write: agent(claudeCode) },
  { name: "Codex", note: "Goes into ~/.codex/config.toml.", write: agent(codex) },
  { name: "OpenClaw", note: "Goes into ~/.openclaw/openclaw.json.", write: agent(openclaw) },
];

/** An argument of a program may have 128 KiB on Linux. */
const MAX_ARGUMENT_CHARS = 60_000;

/** For a POSIX shell. */
export function curl(body: JsonObject, { origin, needsKey }: Context): string {
  const json = JSON.stringify(body, null, 2);
  const head = [
    `curl -N ${origin}/v1/chat/completions`,
    ...(needsKey ? [`-H 'authorization: Bearer ${PLACEHOLDER}'`] : []),
    "-H 'content-type: application/json'",
  ].join(" \\\n  ");
  // JSON on several lines never holds a line of these letters alone.
  if (json.length > MAX_ARGUMENT_CHARS)
    return `${head} \\\n  --data-binary @- <<'REQUEST'\n${json}\nREQUEST\n`;
  return `${head} \\\n  -d '${json.replaceAll("'", "'\\''")}'\n`;
}

/** For the package `openai` on PyPI. */
export function python(body: JsonObject, { origin }: Context): string {
  const parameters = Object.entries(body).map(
    ([name, value]) => `    ${name}=${literal(value, PYTHON, "    ")},\n`,
  );
  return `from openai import OpenAI

client = OpenAI(base_url=${JSON.stringify(`${origin}/v1`)}, api_key="${PLACEHOLDER}")
stream = client.chat.completions.create(
${parameters.join("")})
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
`;
}

/** For the package `openai` on npm. */
export function typescript(body: JsonObject, { origin }: Context): string {
  const parameters = Object.entries(body).map(
    ([name, value]) => `  ${TYPESCRIPT.member(name, literal(value, TYPESCRIPT, "  "))},\n`,
  );
  return `import OpenAI from "openai";

const client = new OpenAI({ baseURL: ${JSON.stringify(`${origin}/v1`)}, apiKey: "${PLACEHOLDER}" });
const stream = await client.chat.completions.create({
${parameters.join("")}});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta.content ?? "");
}
`;
}

/** For the package `@anthropic-ai/sdk`: the same question, as Anthropic's API has it. */
export function anthropic(body: JsonObject, { origin }: Context): string {
  const { request, left } = messagesRequest(body);
  const parameters = Object.entries(request).map(
    ([name, value]) => `  ${TYPESCRIPT.member(name, literal(value, TYPESCRIPT, "  "))},\n`,
  );
  const note = left.length === 0 ? "" : `// Anthropic's API has no ${left.join(", ")}.\n`;
  return `import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ baseURL: ${JSON.stringify(origin)}, apiKey: "${PLACEHOLDER}" });
${note}const stream = client.messages.stream({
${parameters.join("")}});
stream.on("text", (text) => process.stdout.write(text));
await stream.finalMessage();
`;
}

/** A program's settings depend on the model alone. */
function agent(write: Writer): Language["write"] {
  return ({ model }, { origin, models, needsKey }) =>
    write({ origin, models, model: String(model), key: needsKey ? PLACEHOLDER : undefined });
}
