/** The settings with which other people's programs use the router. */

/** What is to be known of a model; what is not known is undefined. */
export interface AgentModel {
  readonly id: string;
  readonly capabilities: readonly string[];
  readonly contextWindow: number | undefined;
  readonly maxOutput: number | undefined;
  readonly inputPrice: number | undefined;
}

export interface AgentSetup {
  /** The router's address, without `/v1`. */
  readonly origin: string;
  /** `auto` among them. */
  readonly models: readonly AgentModel[];
  /** The model to work with. */
  readonly model: string;
  /** What stands where the key belongs; undefined where the router wants none. */
  readonly key: string | undefined;
}

/** Gives the settings as they are written into a shell or a file. */
export type Writer = (setup: AgentSetup) => string;

export const PLACEHOLDER = "YOUR_KEY";

const AUTO = "auto";
/** Programs ask for a key even where the router does not. */
const NO_KEY = "none";

/** Claude Code: variables of a shell. */
export function claudeCode({ origin, models, model, key }: AgentSetup): string {
  const small = cheapest(models) ?? model;
  const window = windowOf(model, models);
  // It takes a model that it does not know for one of a million tokens.
  const shorten =
    window === undefined || window >= 1_000_000
      ? ""
      : `# When a conversation is shortened: before the model's window is full.
export CLAUDE_CODE_AUTO_COMPACT_WINDOW=${window}
`;
  return `export ANTHROPIC_BASE_URL=${quoted(origin)}
export ANTHROPIC_AUTH_TOKEN=${quoted(key ?? NO_KEY)}
# Its small model, for titles and summaries.
export ANTHROPIC_DEFAULT_HAIKU_MODEL=${quoted(small)}
${shorten}claude --model ${quoted(model)}
`;
}

/** Codex: `~/.codex/config.toml`, and the key in a variable. */
export function codex({ origin, model, key }: AgentSetup): string {
  return `# In the shell: export EDGE_ROUTER_KEY=${quoted(key ?? NO_KEY)}
model = ${JSON.stringify(model)}
model_provider = "edge"

[model_providers.edge]
name = "OpenClaw Edge Router"
base_url = ${JSON.stringify(`${origin}/v1`)}
env_key = "EDGE_ROUTER_KEY"
wire_api = "responses"
# The router has tried again itself.
request_max_retries = 1
stream_max_retries = 2
`;
}

/** OpenClaw: the provider block of its configuration, with every model of the router. */
export function openclaw({ origin, models, model, key }: AgentSetup): string {
  const config = {
    models: {
      providers: {
        openclaw: {
          api: "openai-completions",
          baseUrl: `${origin}/v1`,
          apiKey: key ?? NO_KEY,
          models: models.map((one) => openclawModel(one, windowOf(one.id, models))),
        },
      },
    },
    agents: { defaults: { model: { primary: `openclaw/${model}` } } },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

function openclawModel({ id, maxOutput, capabilities }: AgentModel, contextWindow: number | undefined) {
  return {
    id,
    name: id === AUTO ? "OpenClaw Edge Router" : id,
    ...(capabilities.includes("images") && { input: ["text", "image"] }),
    ...(contextWindow !== undefined && { contextWindow }),
    ...(maxOutput !== undefined && { maxTokens: maxOutput }),
  };
}

/** A model's own; of `auto` the least that is known, since any model may answer. */
function windowOf(model: string, models: readonly AgentModel[]): number | undefined {
  const counted = model === AUTO ? models : models.filter(({ id }) => id === model);
  const windows = counted.flatMap(({ contextWindow }) => contextWindow ?? []);
  return windows.length === 0 ? undefined : Math.min(...windows);
}

/** Of those whose price is known. */
function cheapest(models: readonly AgentModel[]): string | undefined {
  const priced = models.flatMap(({ id, inputPrice }) =>
    inputPrice === undefined ? [] : [{ id, price: inputPrice }],
  );
  return priced.toSorted((a, b) => a.price - b.price)[0]?.id;
}

/** As a POSIX shell reads it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
