/** What a client program has to be told, for the configuration at hand. */
import {
  type AgentModel,
  type AgentSetup,
  claudeCode,
  codex,
  openclaw,
  PLACEHOLDER,
  type Writer,
} from "../../pages/playground/copy-as/agents.ts";
import type { Config } from "../../src/config/types.ts";
import { factsOf } from "../../src/routing/facts.ts";
import { findTarget } from "../../src/routing/models.ts";
import type { Target } from "../../src/target.ts";

const AUTO = "auto";
const MIB = 2 ** 20;
/** Screenshots and a long history. */
const AGENT_BODY_BYTES = 16 * MIB;

interface Client {
  /** Where the settings go. */
  readonly place: string;
  readonly write: Writer;
  /** It sends pictures and whole histories. */
  readonly agent?: true;
  /** A name that it sends by itself or knows more of, and what of. */
  readonly own?: { readonly name: string; readonly pattern: string; readonly why: string };
}

const CLIENTS: Readonly<Record<string, Client>> = {
  "claude-code": {
    ...{ place: "in a shell", write: claudeCode, agent: true },
    own: { name: "claude-haiku-4-5", pattern: "claude-*", why: "it sends such names by itself" },
  },
  codex: {
    ...{ place: "in ~/.codex/config.toml", write: codex, agent: true },
    own: { name: "gpt-5.5", pattern: "gpt-5.5*", why: "only with such a name it has its patch tool" },
  },
  openclaw: { place: "in ~/.openclaw/openclaw.json", write: openclaw, agent: true },
  opencode: { place: "in ~/.config/opencode/opencode.json", write: opencode, agent: true },
  cline: { place: "in a shell", write: cline, agent: true },
  continue: { place: "in ~/.continue/config.yaml", write: continueDev, agent: true },
  "openai-sdk": { place: "in the environment of the program", write: openaiSdk },
  "anthropic-sdk": { place: "in the environment of the program", write: anthropicSdk },
};

export const CLIENT_NAMES: readonly string[] = Object.keys(CLIENTS);

export interface ClientSettings {
  readonly text: string;
  /** Where it goes, and what the configuration should have for this client. */
  readonly notes: readonly string[];
}

export interface SettingsOptions {
  readonly client: string;
  /** The router's address, without `/v1`. */
  readonly origin: string;
  readonly model: string | undefined;
  /** Nobody needs a key. */
  readonly open: boolean;
}

/** Undefined for a client or a model that there is not. */
export function clientSettings(config: Config, options: SettingsOptions): ClientSettings | undefined {
  const { client, origin, model = AUTO, open } = options;
  const known = CLIENTS[client];
  const models = [autoModel(), ...config.chatTargets.map(modelOf)];
  if (known === undefined || !models.some(({ id }) => id === model)) return undefined;
  const key = open ? undefined : PLACEHOLDER;
  const notes = [
    `This goes ${known.place}.`,
    ...(open ? [] : [`Put one of the router's keys where it says ${PLACEHOLDER}.`]),
    ...notesFor(known, config),
  ];
  return { text: known.write({ origin, models, model, key }), notes };
}

/** What the configuration should have for a client and has not, a sentence each. */
function notesFor({ agent, own }: Client, { serve, targets }: Config): string[] {
  const notes: string[] = [];
  if (agent && serve.maxBodyBytes < AGENT_BODY_BYTES)
    notes.push(
      `Screenshots and long histories want serve.max_body_bytes: 16MiB; it is ${serve.maxBodyBytes / MIB} MiB.`,
    );
  if (own && findTarget(own.name, targets).kind === "unknown") {
    const otherwise = serve.unknownModel === "reject" ? "they are refused" : "auto answers them";
    notes.push(`No model has aliases: ["${own.pattern}"]: ${own.why}, and ${otherwise}.`);
  }
  return notes;
}

function autoModel(): AgentModel {
  return {
    id: AUTO,
    capabilities: [],
    contextWindow: undefined,
    maxOutput: undefined,
    inputPrice: undefined,
  };
}

function modelOf(target: Target): AgentModel {
  const { capabilities, contextWindow, maxOutput, prices } = factsOf(target);
  const able = Object.entries(capabilities ?? {}).flatMap(([name, can]) => (can ? [name] : []));
  return { id: target.name, capabilities: able, contextWindow, maxOutput, inputPrice: prices?.input };
}

function opencode({ origin, models, model, key = "none" }: AgentSetup): string {
  const options = { baseURL: `${origin}/v1`, apiKey: key };
  const all = models.map(({ id }) => [id, { name: id, tool_call: true }]);
  const edge = {
    npm: "@ai-sdk/openai-compatible",
    name: "OpenClaw Edge Router",
    options,
    models: Object.fromEntries(all),
  };
  return json({ $schema: "https://opencode.ai/config.json", model: `edge/${model}`, provider: { edge } });
}

function cline({ origin, model, key = "none" }: AgentSetup): string {
  return `cline auth -p openai-compatible -k ${key} -m ${model} -b ${origin}/v1
cline -P openai-compatible -m ${model} "Say hello to the edge"
`;
}

function continueDev({ origin, model, key = "none" }: AgentSetup): string {
  const edge = { name: model, provider: "openai", model, apiBase: `${origin}/v1`, apiKey: key };
  // JSON is YAML.
  return json({
    ...{ name: "OpenClaw Edge Router", version: "1.0.0", schema: "v1" },
    models: [{ ...edge, roles: ["chat"], capabilities: ["tool_use"] }],
  });
}

function openaiSdk({ origin, model, key = "none" }: AgentSetup): string {
  return `export OPENAI_BASE_URL=${origin}/v1
export OPENAI_API_KEY=${key}
# model: ${JSON.stringify(model)}
`;
}

function anthropicSdk({ origin, model, key = "none" }: AgentSetup): string {
  return `export ANTHROPIC_BASE_URL=${origin}
export ANTHROPIC_API_KEY=${key}
# model: ${JSON.stringify(model)}
`;
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
