// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how the configuration names bindings.
/**
 * What the keys of the configuration mean: the words that the JSON Schema and docs/configuration.md add to what the code
 * knows. They stand here and not beside the keys, so that they do not get into the Worker.
 */

export interface Description {
  readonly text: string;
  /** Values as they are written in the file. */
  readonly examples?: readonly unknown[];
  /** What counts when the key is not set, where that is no fixed value. */
  readonly otherwise?: string;
}

/** By path; `*` stands for a name that the file chooses, `[]` for an entry of a list. */
export const DESCRIPTIONS: Readonly<Record<string, Description>> = {
  serve: { text: "How clients are answered." },
  "serve.show_model_prefix": {
    text: "Begin every answer with the name of the model that gave it: `[claude-haiku] Hello!`",
  },
  "serve.unknown_model": {
    text: "What happens to a `model` that nothing here has: `route` treats it like `auto` and says so in `x-router-unknown-model`, `reject` answers 404.",
  },
  "serve.cors_origins": {
    text: 'Web pages that may call the router from a browser, besides its own: their origins, or `"*"` for all. A request from any other page is refused.',
    examples: [["https://app.example.com"]],
  },
  "serve.max_body_bytes": {
    text: "The largest request body; a larger one is answered with 413.",
    examples: ["16MiB"],
  },
  "serve.max_subrequests": {
    text: "How many calls of a model one request for vectors may need; one that needs more is answered with 400, which says what fits. Cloudflare's free plan allows a Worker 50 for each request: set 40 there.",
    examples: [40],
  },
  "serve.session_ttl": {
    text: "How long an idle WebSocket session is kept, together with its conversation.",
    examples: ["12h"],
  },
  "serve.response_ttl": {
    text: "How long responses of `POST /v1/responses` are kept after the last use of their chain, their content included; `0` keeps none, and answers say `store: false`.",
    examples: ["30d", 0],
  },
  "serve.background_deadline": {
    text: "When a response in the background (`background: true`) has to be ready. A deployment waits so long for the objects that make them, see `code_update_strategy` in wrangler.toml.",
    examples: ["10m"],
  },
  "serve.limits_unavailable": {
    text: "What happens to a request of a key with limits while the object that counts for it cannot be reached: `refuse` answers 503 `limits_unavailable`, `allow` lets it pass uncounted.",
  },

  "serve.ledger": {
    text: "What is kept of exchanges: `lines` the last 1,000 of each key and totals, `totals` those alone, `off` nothing. Never content. [The ledger](operations.md#the-ledger).",
  },
  "serve.ledger_days": {
    text: "After so many days lines and totals are deleted.",
    examples: [90],
  },
  "serve.ledger_sessions": {
    text: "Whether the ledger has what clients call their sessions, or a digest of it.",
  },
  "serve.webhook": {
    text: "An https URL that is told, as JSON, when a key has spent 80 % and 100 % of its `money_day` or `money_month`, each once a day or month. It never learns a key. `${NAME}` is the value of a secret.",
    examples: ["${ALERT_WEBHOOK}"],
    otherwise: "nobody is told",
  },

  keys: {
    text: 'What the clients\' keys may use, and for how much, by the keys\' names: [limits](#limits-of-keys). `"*"` is for every key without an entry of its own, `"**"` for all keys together.',
    examples: [{ alice: { models: ["claude-*"], money_month: 50 }, "*": { requests_minute: 60 } }],
  },
  "keys.*.models": {
    text: "The models that the key may use, by name or pattern. `auto`, fallbacks and `GET /v1/models` know no other; a request that names one is answered with 403.",
    examples: [["claude-*", "gpt-4o"]],
    otherwise: "all",
  },
  "keys.*.money_day": {
    text: "What the key may cost a day (UTC). Every model that it may use needs prices then.",
    examples: [2.5],
    otherwise: "no limit",
  },
  "keys.*.money_month": {
    text: "What the key may cost a month (UTC).",
    examples: [50],
    otherwise: "no limit",
  },
  "keys.*.requests_minute": { text: "Requests a minute.", examples: [60], otherwise: "no limit" },
  "keys.*.tokens_minute": {
    text: "Tokens a minute, of prompts and answers. A request counts at first with what its answer may have at most.",
    examples: [200_000],
    otherwise: "no limit",
  },
  "keys.*.expires": {
    text: "From when on the key is refused; a date alone is its beginning, UTC.",
    examples: ["2027-01-31", "2027-01-31T18:00:00Z"],
    otherwise: "never",
  },
  "keys.*.tags": {
    text: "Words by which the key's usage is told apart.",
    examples: [["team-a"]],
    otherwise: "none",
  },
  "keys.*.disabled": { text: "Refuses the key.", otherwise: "`false`" },

  router: { text: "How a model is chosen for a request, and what happens when it fails." },
  "router.strategy": {
    text: "How a model is chosen: `random` by chance, `round_robin` in turn, `rules` by what is in the request, `llm` by asking a small model, `cheapest` by the price of the request, `fastest` by the time to the first words, `complexity` by how hard the text looks, `semantic` by examples, `knn` by labelled queries: [routing](routing.md).",
  },
  "router.weights": {
    text: "How often each model is chosen by `random` and `round_robin`, as shares. 0 keeps a model out of every strategy; it still answers to its name.",
    examples: [{ "claude-haiku": 3, "claude-sonnet": 1 }],
    otherwise: "1 each",
  },
  "router.rules": {
    text: "For strategy `rules`: the first rule whose conditions all hold chooses. Without one that holds, the rule `default` chooses, else the first model.",
    examples: [[{ keywords: ["code", "python"], model: "claude-sonnet" }, { default: "claude-haiku" }]],
  },
  "router.model": {
    text: "For strategy `llm`: the model that is asked. The name of a model of `llms`, or, beside `provider` or `base_url`, the id of a model of its own that answers no clients.",
    examples: ["claude-haiku"],
  },
  "router.provider": {
    text: "The provider of a router model of its own: `bedrock`, or an OpenAI-compatible one.",
    examples: ["bedrock"],
  },
  "router.base_url": {
    text: "The address of a router model of its own.",
    examples: ["http://localhost:11434/v1"],
  },
  "router.auth_mode": { text: "As for a model of `llms`; for a router model of its own." },
  "router.chat_path": { text: "As for a model of `llms`; for a router model of its own." },
  "router.local": { text: "As for a model of `llms`; for a router model of its own." },
  "router.aws_region": { text: "As for a model of `llms`; for a router model of its own on Bedrock." },
  "router.fallback_models": {
    text: "Models of `llms` that are tried, in this order, when the chosen one fails before the first byte has reached the client.",
    examples: [["claude-haiku"]],
  },
  "router.timeout": {
    text: "How long a model may take to the first part of its answer when it streams, else to the whole answer. A model's own `timeout` wins.",
    examples: ["90s"],
    otherwise: "`120s` streamed, `600s` otherwise",
  },
  "router.idle_timeout": {
    text: "How long a model may be silent in the middle of an answer.",
    examples: ["60s"],
  },
  "router.deadline": {
    text: "How long all attempts together may take before the answer begins.",
    examples: ["3m"],
  },
  "router.sticky": {
    text: "`turn`: the same client and the same words of the user get the same model for 5 minutes, so that an agent's tool loop stays with the model it began with. `session`: a conversation keeps its model, region and API key, so that the model reads from its prompt cache: [sticky](routing.md#sticky).",
  },
  "router.hedge": {
    text: "Asks a second place where the first is silent for too long; the first text wins, the other call is ended: [hedging](routing.md#hedging). `{}` takes what stands here.",
    examples: [{ after: "p95", share: "5%" }],
    otherwise: "every request is made once",
  },
  "router.hedge.after": {
    text: "How long a silence is too long: `p95` is what 95 of a hundred requests stay below, as measured. Never more than three times the median.",
    examples: ["800ms"],
  },
  "router.hedge.share": { text: "Of the requests that may be made twice, at most.", examples: ["2%"] },
  "router.hedge.max_input_tokens": {
    text: "Requests with longer prompts are made once: they cost more, and take longer by nature.",
    examples: [20_000],
  },
  "router.retry": {
    text: "Further attempts at a model, and in each of its regions, when it fails in a way that may pass.",
    examples: [2, { attempts: 2, base_ms: 100, max_ms: 1000 }],
    otherwise: "`1`",
  },
  "router.retry.attempts": { text: "How many further attempts." },
  "router.retry.base_ms": { text: "The longest first pause, in milliseconds; it doubles with each attempt." },
  "router.retry.max_ms": { text: "The longest pause at all, in milliseconds." },
  "router.round_robin": { text: "For strategy `round_robin`." },
  "router.round_robin.lease": {
    text: "How many turns an isolate takes from the shared counter at once. More means fewer calls to the Durable Object and an order that is exact only on the whole.",
    examples: [20],
  },

  "router.tiers": {
    text: "For strategy `complexity`: models by the score of a text, 0 to 100, the easiest first.",
    examples: [[{ below: 15, model: "nova-lite" }, { model: "claude-sonnet" }]],
  },
  "router.tiers[].model": {
    text: "The model that the tier chooses: a name of `llms`. Required.",
    examples: ["nova-lite"],
  },
  "router.tiers[].below": {
    text: "Texts with a lower score belong to the tier. The last tier takes all that are left and has none.",
    examples: [15],
  },
  "router.routes": {
    text: "For strategy `semantic`: what questions each model is for, by examples. `npm run embed` makes their vectors.",
    examples: [[{ name: "code", examples: ["Why does this loop never end?"], model: "claude-sonnet" }]],
  },
  "router.routes[].name": {
    text: "A word or two that say what the route is about: they count as two examples. Required.",
    examples: ["code"],
  },
  "router.routes[].model": {
    text: "The model that the route leads to: a name of `llms`. Required.",
    examples: ["claude-sonnet"],
  },
  "router.routes[].examples": {
    text: "Questions that the route is for; five or more that differ. Their first 500 characters count. Required.",
    examples: [["Why does this loop never end?", "Write a regular expression for dates"]],
  },
  "router.threshold": {
    text: "For strategy `semantic`: how alike (0 to 1) a text and the nearest example of its route have to be; else `default` is chosen.",
    examples: [0.3],
  },
  "router.knn": {
    text: "For strategy `knn`: labelled queries. `npm run embed` makes their vectors.",
    examples: [{ data: "queries.jsonl", k: 30 }],
  },
  "router.knn.data": {
    text: "The file, from where the configuration lies: one JSON object a line, `{query, scores: {model: 0.8}}`, or LLMRouter's `{query, model_name, performance}`. Required.",
    examples: ["queries.jsonl"],
  },
  "router.knn.k": { text: "How many of the nearest labelled queries count." },
  "router.knn.cost_weight": {
    text: "What the dearest model's price takes from its expected score; the others' in proportion. 0 looks at scores alone.",
    examples: [0.1],
  },
  "router.default": {
    text: "For strategies `semantic` and `knn`: the model where they cannot judge, because the embedding model failed or nothing is near.",
    examples: ["claude-haiku"],
    otherwise: "the first model",
  },
  "router.embedding_model": {
    text: "For strategies `semantic` and `knn`: the model of kind `embedding` that makes the vectors, of examples as of each query.",
    examples: ["titan"],
  },
  "router.embedding_timeout": {
    text: "How long the vector of a query may take; then `default` is chosen.",
    examples: ["500ms"],
  },

  "router.rules[].keywords": {
    text: "One of these words is in the query, as a part of a word too, whatever its case.",
    examples: [["code", "python"]],
  },
  "router.rules[].regex": {
    text: "The query matches this pattern, whatever its case.",
    examples: ["\\bSQL\\b", "^translate"],
  },
  "router.rules[].min_chars": {
    text: "The user's text has at least this many characters.",
    examples: [2000],
  },
  "router.rules[].max_chars": { text: "The user's text has at most this many characters.", examples: [80] },
  "router.rules[].has_tools": { text: "The request offers tools, or, with `false`, offers none." },
  "router.rules[].has_images": {
    text: "There is an image in the conversation, or, with `false`, there is none.",
  },
  "router.rules[].metadata": {
    text: "The request's `metadata` has all these entries.",
    examples: [{ team: "search" }],
  },
  "router.rules[].model": {
    text: "The model that the rule chooses: a name of `llms`. Required, but not beside `default`.",
    examples: ["claude-sonnet"],
  },
  "router.rules[].default": {
    text: "The model for requests that no other rule matches, in a rule of its own: `{default: claude-haiku}`.",
    examples: ["claude-haiku"],
  },

  api_keys: {
    text: "Keys of OpenAI-compatible providers, for all their models. Several take turns, and one that is refused or used up rests.",
    examples: [{ nvidia: "${NVIDIA_API_KEY}", openai: ["${OPENAI_KEY_A}", "${OPENAI_KEY_B}"] }],
    otherwise: "the binding `<PROVIDER>_API_KEY`",
  },
  llms: {
    text: 'The models, by the name that clients send as `model`. At least one. The name goes into a header: printable ASCII, and not "auto".',
  },
  models: { text: "Another name for `llms`." },

  "llms.*.provider": {
    text: "`bedrock` (or `aws`), `anthropic`, `workers-ai`, or any OpenAI-compatible provider, in any case. One without a built-in address also needs `base_url`.",
    examples: ["bedrock", "openai", "nvidia"],
    otherwise: "`openai`",
  },
  "llms.*.model": {
    text: "The provider's own id of the model. On Bedrock, where it is required: a model id, an inference profile or an ARN.",
    examples: ["global.anthropic.claude-sonnet-5-5", "gpt-4o"],
    otherwise: "the entry's name",
  },
  "llms.*.base_url": {
    text: "Where the API is, without `/chat/completions`. For Bedrock: an endpoint in place of `https://bedrock-runtime.REGION.amazonaws.com`. `${NAME}` expands.",
    examples: ["https://integrate.api.nvidia.com/v1", "http://localhost:11434/v1"],
    otherwise: "the provider's own",
  },
  "llms.*.kind": {
    text: "What the model does: `chat`, `embedding` (vectors, `POST /v1/embeddings`) or `rerank` (documents in order, `POST /v1/rerank`). Strategies and fallbacks choose models of kind `chat` alone.",
    otherwise: "what the model id tells, else `chat`",
  },
  "llms.*.description": {
    text: "What the model is good for. Strategy `llm` chooses by it; `GET /v1/models` shows it.",
    examples: ["Fast and cheap, for everyday questions"],
  },
  "llms.*.aliases": {
    text: "Further names under which clients may ask for the model; `*` stands for any characters. A configured name goes before, the models' own ids behind. Two models whose aliases stand for the same name are a mistake.",
    examples: [["claude-*", "gpt-5*"]],
    otherwise: "none",
  },
  "llms.*.input_price": {
    text: "US dollars per million input tokens, for the log's cost and for strategy `llm`.",
    examples: [0.8],
    otherwise: "on Bedrock its list price, where known",
  },
  "llms.*.output_price": {
    text: "US dollars per million output tokens.",
    examples: [4],
    otherwise: "on Bedrock its list price, where known",
  },
  "llms.*.cache_read_price": {
    text: "US dollars per million input tokens that were read from a prompt cache.",
    examples: [0.08],
    otherwise: "on Bedrock its list price, where known; else the input price",
  },
  "llms.*.cache_write_price": {
    text: "US dollars per million input tokens that were written to a prompt cache.",
    examples: [1],
    otherwise: "on Bedrock its list price, where known; else the input price",
  },
  "llms.*.cache_write_1h_price": {
    text: "The same for what is kept for an hour.",
    examples: [1.6],
    otherwise: "on Bedrock its list price, where known; else that of the other writes",
  },
  "llms.*.max_tokens": {
    text: "Output tokens to ask for when the client does not say.",
    examples: [4096],
    otherwise: "on Bedrock what the model can give at most, else 4096; elsewhere nothing is sent",
  },
  "llms.*.context_limit": {
    text: "Tokens of prompt and answer together. A larger `max_tokens` is lowered to what is left.",
    examples: [200000],
    otherwise: "on Bedrock what is known of the model",
  },
  "llms.*.timeout": {
    text: "In place of `router.timeout`.",
    examples: ["30s"],
    otherwise: "`router.timeout`",
  },

  "llms.*.aws_region": {
    text: "Where Bedrock is called: a region, or several that are tried in order; with `nearest` among them in the order of their distance to the client ([regions](routing.md#the-nearest-region)). `${NAME}` expands.",
    examples: ["eu-central-1", ["us-east-1", "us-west-2"], ["nearest", "eu-central-1", "us-east-1"]],
    otherwise: "`AWS_REGION`, `AWS_DEFAULT_REGION`, else `us-east-1`",
  },
  "llms.*.aws_access_key_id": {
    text: "Credentials of this model alone. Where one is set, none is taken from the bindings. `${NAME}` expands.",
    examples: ["${TEAM_AWS_ACCESS_KEY_ID}"],
    otherwise: "the binding `AWS_ACCESS_KEY_ID`",
  },
  "llms.*.aws_secret_access_key": {
    text: "Belongs to `aws_access_key_id`. `${NAME}` expands.",
    examples: ["${TEAM_AWS_SECRET_ACCESS_KEY}"],
    otherwise: "the binding `AWS_SECRET_ACCESS_KEY`",
  },
  "llms.*.aws_session_token": {
    text: "Needed with temporary credentials. `${NAME}` expands.",
    examples: ["${TEAM_AWS_SESSION_TOKEN}"],
    otherwise: "the binding `AWS_SESSION_TOKEN`",
  },
  "llms.*.aws_bearer_token": {
    text: "A Bedrock API key, which wins over the other three. `${NAME}` expands.",
    examples: ["${TEAM_BEDROCK_API_KEY}"],
    otherwise: "the binding `AWS_BEARER_TOKEN_BEDROCK`",
  },
  "llms.*.aws_role_arn": {
    text: "The IAM role whose credentials sign the calls: [roles](aws-roles.md). Assumed with the model's own keys, else with the bindings' or by the router itself. `${NAME}` expands.",
    examples: ["arn:aws:iam::111122223333:role/edge-router"],
    otherwise: "`aws.role_arn`, but for models with credentials of their own",
  },
  "llms.*.aws_external_id": {
    text: "What the role's trust policy asks for as `sts:ExternalId`. `${NAME}` expands.",
    examples: ["${AWS_EXTERNAL_ID}"],
    otherwise: "`aws.external_id`",
  },
  "llms.*.aws_session_name": {
    text: "What CloudTrail calls the session; `client` stands for the name of the calling key.",
    examples: ["client"],
    otherwise: "`aws.session_name`",
  },
  "llms.*.aws_session_duration": {
    text: "How long a session's credentials last. No longer than the role's maximum session duration allows.",
    examples: ["15m"],
    otherwise: "`aws.session_duration`",
  },
  "llms.*.aws_session_tags": {
    text: "Session tags: names and values that policies see as `aws:PrincipalTag/NAME`.",
    examples: [{ team: "research" }],
    otherwise: "`aws.session_tags`",
  },
  aws: {
    text: "What counts for every model on Bedrock that does not say otherwise, and whom the router is to AWS.",
  },
  "aws.region": {
    text: "As `aws_region` of a model. `${NAME}` expands.",
    examples: ["eu-central-1", ["us-east-1", "us-west-2"]],
    otherwise: "`AWS_REGION`, `AWS_DEFAULT_REGION`, else `us-east-1`",
  },
  "aws.role_arn": {
    text: "As `aws_role_arn` of a model. `${NAME}` expands.",
    examples: ["arn:aws:iam::111122223333:role/edge-router"],
  },
  "aws.external_id": {
    text: "As `aws_external_id` of a model. `${NAME}` expands.",
    examples: ["${AWS_EXTERNAL_ID}"],
  },
  "aws.session_name": {
    text: "As `aws_session_name` of a model.",
    examples: ["client"],
    otherwise: "`edge-router`",
  },
  "aws.session_duration": {
    text: "As `aws_session_duration` of a model.",
    examples: ["15m"],
    otherwise: "`1h`",
  },
  "aws.session_tags": { text: "As `aws_session_tags` of a model.", examples: [{ team: "research" }] },
  "aws.oidc_issuer": {
    text: "The router's own URL, where it is an identity provider of the AWS account: [no AWS key anywhere](aws-roles.md#no-aws-key-anywhere). Counts together with `AWS_OIDC_PRIVATE_KEY`.",
    examples: ["https://router.example.com"],
  },
  "aws.oidc_subject": { text: "Whom the router's tokens speak of (`sub`), for the role's trust policy." },
  "llms.*.family": {
    text: "Whose format the model speaks. Needed only where the id does not tell it: ARNs of inference profiles, imported models.",
    otherwise: "from the model id",
  },
  "llms.*.api": {
    text: "Which API carries the model. On Bedrock: `invoke` sends the model's own format to InvokeModel (`native` is its old name), `converse` uses Converse, `chat` OpenAI's chat completions, `responses` OpenAI's Responses, `messages` Anthropic's Messages. OpenAI-compatible models have `chat` and `responses`.",
    otherwise: "by Bedrock's table of models; `chat` for OpenAI-compatible models",
  },
  "llms.*.endpoint": {
    text: "Which of Bedrock's endpoints: `runtime` or `mantle`, which has no `invoke` and `converse`, and takes no inference profiles.",
    otherwise: "by the table of models, which is `runtime` for nearly all",
  },
  "llms.*.guardrail": {
    text: "A Bedrock guardrail for every call of the model.",
    examples: [{ id: "gr-abc123", version: "1" }],
  },
  "llms.*.guardrail.id": { text: "Its id or ARN. Required.", examples: ["gr-abc123"] },
  "llms.*.guardrail.version": { text: "Its version, or `DRAFT`. Required.", examples: ["1", "DRAFT"] },
  "llms.*.guardrail.trace": { text: "Whether Bedrock traces what the guardrail does." },
  "llms.*.performance": {
    text: "`optimized` asks for latency-optimized inference, which some models have in some regions.",
    otherwise: "not sent",
  },
  "llms.*.service_tier": {
    text: "Bedrock's service tier. A client's `service_tier` of `flex` or `priority` wins.",
    otherwise: "not sent",
  },
  "llms.*.cache": {
    text: "Prompt caching. `auto` sets cache points after tools, system text and the last user turn where the client set none; `off` takes out the client's, too.",
    otherwise: "the client's `cache_control` decides",
  },

  "llms.*.api_key": {
    text: "The key of this model. `${NAME}` expands.",
    examples: ["${OPENAI_API_KEY}"],
    otherwise: "`api_key_env`, else `api_keys`, else the binding `<PROVIDER>_API_KEY`",
  },
  "llms.*.api_key_env": {
    text: "The name of the binding that has the key.",
    examples: ["OPENAI_API_KEY"],
  },
  "llms.*.auth_mode": {
    text: "`bearer` needs a key, `none` sends none. `auto` needs one but for a local address, where it is sent only if there is one.",
  },
  "llms.*.local": {
    text: "For `auth_mode: auto`: whether the server is local.",
    otherwise: "whether `base_url` is on this machine or a private network",
  },
  "llms.*.chat_path": { text: "What follows `base_url`." },
  "llms.*.max_tokens_field": {
    text: "The field in which the upstream wants what the client sent as `max_completion_tokens`.",
    examples: ["max_tokens"],
    otherwise: "as the client sent it",
  },
  "llms.*.usage": {
    text: "`unread` hands answers in the client's own dialect on without looking at them: their tokens, cost, silences and ends stay unknown.",
    otherwise: "`read`",
  },
};
