/** Files of the shapes that LLMRouter's examples and its documentation of keys have, with values of our own. */

/** Strategy llm with a router model of its own, routing memory and media understanding. */
export const LLM_STRATEGY = `
serve:
  host: "0.0.0.0"
  port: 8123
  show_model_prefix: true
router:
  strategy: llm
  provider: together
  base_url: https://api.together.xyz/v1
  model: "acme/tiny-judge"
api_keys:
  together: "Put-Your-Key-Here"
llms:
  small-1.5:
    description: "Short answers"
    provider: together
    model: "acme/Small-1.5-Instruct"
    base_url: https://api.together.xyz/v1
    input_price: 0.0
    output_price: 0.0
    max_tokens: 2048
    context_limit: 131072
  big-70b:
    description: "Long thoughts"
    provider: together
    model: "acme/Big-70B-Instruct"
    base_url: https://api.together.xyz/v1
    input_price: 0.0
    output_price: 0.0
    max_tokens: 2048
    context_limit: 131072
memory:
  enabled: false
  path: "\${HOME}/somewhere/memory.jsonl"
  top_k: 5
  retriever_model: "acme/retriever"
  device: "cpu"
media:
  enabled: true
  api_key_env: "TOGETHER_API_KEY"
  base_url: "https://api.together.xyz/v1"
  vision_model: "acme/vision"
  audio_model: "acme/whisper"
  image_prompt: "What is in the picture?"
  video_prompt: "What happens in these frames?"
  video_max_frames: 2
  max_description_chars: 300
`;

/** Strategy random with weights for some of the models, several keys of a provider and keys from the environment. */
export const RANDOM_STRATEGY = `
serve:
  host: "127.0.0.1"
  port: 9000
  show_model_prefix: yes
router:
  strategy: random
  weights:
    fast-8b: 3
    strong70b: 1
api_keys:
  nvidia:
    - nvapi-one
    - nvapi-two
  openai: \${OPENAI_API_KEY}
  anthropic: \${ANTHROPIC_API_KEY}
memory:
  enabled: false
  top_k: 10
  retriever_model: "acme/retriever"
  device: "cpu"
  max_length: 128
  max_query_chars: 400
  max_prompt_chars: 100
  per_user: false
llms:
  fast-8b:
    provider: nvidia
    model: meta/fast-8b
    base_url: https://integrate.api.nvidia.com/v1
    description: "Chat"
    max_tokens: 1024
    context_limit: 128000
    input_price: 0.2
    output_price: 0.2
  strong70b:
    provider: nvidia
    model: meta/strong-70b
    base_url: https://integrate.api.nvidia.com/v1
    description: "Analysis"
    max_tokens: 1024
    context_limit: 8192
    input_price: 0.9
    output_price: 0.9
  coder-49b-v1:
    provider: nvidia
    model: nvidia/coder-49b-v1
    base_url: https://integrate.api.nvidia.com/v1
    description: "Code"
    max_tokens: 1024
    context_limit: 32768
    input_price: 0.9
    output_price: 0.9
`;

/** Strategy rules, and the keys that older versions took for trained routers. */
export const RULES_STRATEGY = `
router:
  strategy: rules
  name: knnrouter
  config_path: configs/knn.yaml
  model_path: saved/knn.pt
  llmrouter: {name: knnrouter, config_path: configs/knn.yaml}
  rules:
    - keywords: ["code", "python"]
      model: coder
    - keywords: ["hello", "thanks"]
      model: chatter
    - default: chatter
models:
  coder: {provider: openai, model: gpt-coder, api_key: sk-coder}
  chatter: {api_key_env: CHATTER_KEY}
`;

/** The newer keys: authentication of local backends, the router model's prompt, sessions, security, control center. */
export const NEWER_KEYS = `
serve: {host: 0.0.0.0, port: 8000, show_model_prefix: "off"}
router:
  strategy: llm
  provider: ollama
  provider_type: openai_compatible
  base_url: http://192.168.1.20:11434/v1
  model: judge:3b
  auth_mode: none
  chat_path: /chat/completions
  local: true
  default_model: home
  judge_timeout_seconds: 12.5
  judge_max_tokens: 60
  judge_system_prompt: "Pick one."
  routing_context_chars: 1500
session_routing:
  enabled: true
  ttl_seconds: 900
  rejudge_every_user_turns: 3
  allowed_rejudge_intervals: [1, 3]
  trusted_session_header: x-acme-session
security:
  inbound_api_key: \${INBOUND_KEY}
  require_inbound_auth: true
  forbidden_upstream_models: [loop]
  forbidden_upstream_prefixes: ["loop/"]
control_center: {enabled: false, data_dir: /data}
llms:
  home:
    provider: my-server
    provider_type: openai_compatible
    base_url: http://127.0.0.1:8081/v1
    auth_mode: auto
    chat_path: /custom/chat
    local: null
    api_key: ""
    model: home-model
  away:
    provider: my-server
    base_url: https://models.example.com/v1
    auth_mode: bearer
    local: false
`;
