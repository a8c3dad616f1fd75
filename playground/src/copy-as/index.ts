/** A request as code for other places. The key is always a placeholder. */
import type { Model } from "../api/client.ts";
import type { JsonObject } from "../json.ts";
import { literal, PYTHON, TYPESCRIPT } from "./literal.ts";

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

export const PLACEHOLDER = "YOUR_KEY";

export const LANGUAGES: readonly Language[] = [
  { name: "curl", note: "For a shell such as bash.", write: curl },
  { name: "Python", note: "Needs the package openai.", write: python },
  { name: "TypeScript", note: "Needs the package openai.", write: typescript },
  { name: "OpenClaw", note: "Goes into ~/.openclaw/openclaw.json.", write: openclaw },
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

/** The provider block of OpenClaw's configuration, with every model of the router. */
export function openclaw(body: JsonObject, { origin, models }: Context): string {
  const config = {
    models: {
      providers: {
        openclaw: {
          api: "openai-completions",
          baseUrl: `${origin}/v1`,
          apiKey: PLACEHOLDER,
          models: models.map(({ id, contextWindow, maxOutput, capabilities }) => ({
            id,
            name: id === "auto" ? "OpenClaw Edge Router" : id,
            ...(capabilities.includes("images") && { input: ["text", "image"] }),
            ...(contextWindow !== undefined && { contextWindow }),
            ...(maxOutput !== undefined && { maxTokens: maxOutput }),
          })),
        },
      },
    },
    agents: { defaults: { model: { primary: `openclaw/${body.model}` } } },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
