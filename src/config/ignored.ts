/** LLMRouter's keys that mean nothing on the edge: accepted, with what does their work here. */
const LOCAL_ADDRESS = "the address is Cloudflare's, or wrangler dev's --ip and --port";
const NO_LLMROUTER =
  "trained routers do not run on the edge; strategy knn takes their data, strategy llm asks a model";
const JUDGE = "the router model gets the router's own prompt and limits";
const PROVIDER_TYPE = "provider decides: bedrock, or anything else for an OpenAI-compatible API";

type Ignored = ReadonlyMap<string, string>;

const NONE: Ignored = new Map();

/** By section, `*` standing for a name that the file chooses, then by key. */
const SECTIONS: ReadonlyMap<string, Ignored> = new Map([
  [
    "",
    new Map([
      ["memory", "there is no routing memory; router.sticky keeps a tool loop on its model"],
      ["media", "images go to the models as they are; choose models that can see"],
      ["session_routing", "router.sticky: turn keeps a tool loop on its model"],
      ["security", "client keys are set with npx wrangler secret put ROUTER_API_KEYS"],
      ["control_center", "npx wrangler tail and Cloudflare's dashboard show the logs"],
    ]),
  ],
  [
    "serve",
    new Map([
      ["host", LOCAL_ADDRESS],
      ["port", LOCAL_ADDRESS],
    ]),
  ],
  [
    "router",
    new Map([
      ["name", NO_LLMROUTER],
      ["config_path", NO_LLMROUTER],
      ["model_path", NO_LLMROUTER],
      ["llmrouter", NO_LLMROUTER],
      [
        "default_model",
        "router.fallback_models, or {default: name} in router.rules, names what to fall back on",
      ],
      ["judge_timeout_seconds", JUDGE],
      ["judge_max_tokens", JUDGE],
      ["judge_system_prompt", JUDGE],
      ["routing_context_chars", "the first 500 characters of the newest user message are looked at"],
      ["provider_type", PROVIDER_TYPE],
    ]),
  ],
  ["llms.*", new Map([["provider_type", PROVIDER_TYPE]])],
]);

/** The ignored keys of a section, each with what does its work here. */
export function ignoredKeys(section: string): Ignored {
  return SECTIONS.get(section) ?? NONE;
}
