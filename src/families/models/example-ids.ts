/** Model ids to propose where a configured one is no good. Those with a prefix are inference profiles. */

/** Current text models by maker; a test holds them against the table. */
export const EXAMPLE_IDS: Readonly<Record<string, readonly string[]>> = {
  Claude: [
    "global.anthropic.claude-sonnet-5-5",
    "global.anthropic.claude-opus-5-5",
    "global.anthropic.claude-haiku-5-5",
  ],
  Nova: ["us.amazon.nova-2-lite-v1:0", "amazon.nova-pro-v1:0", "amazon.nova-lite-v1:0"],
  GPT: ["global.openai.gpt-6.2-sol", "global.openai.gpt-5.6-luna", "openai.gpt-oss-120b-1:0"],
  Llama: ["us.meta.llama4-maverick-17b-instruct-v1:0"],
  Mistral: ["mistral.mistral-large-3-675b-instruct"],
};

/** The same as advice. */
export const MODEL_ID_ADVICE = `Current ids: ${Object.entries(EXAMPLE_IDS)
  .map(([maker, ids]) => `${maker} ${ids.join(", ")}`)
  .join(
    "; ",
  )}. Most newer models are called by an inference profile only, which is the plain id behind a prefix that fits the region: us. in US regions, eu. in European ones, global. anywhere.`;
