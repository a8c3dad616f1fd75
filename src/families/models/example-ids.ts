/** Model ids to propose where a configured one is no good. Those with a prefix are inference profiles. */

/** Current text models by maker; a test holds them against the catalogues. */
export const EXAMPLE_IDS: Readonly<Record<string, readonly string[]>> = {
  Claude: [
    "global.anthropic.claude-sonnet-5",
    "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "us.anthropic.claude-haiku-4-5-20251001-v1:0",
  ],
  Nova: ["us.amazon.nova-2-lite-v1:0", "amazon.nova-pro-v1:0", "amazon.nova-lite-v1:0"],
  Titan: ["amazon.titan-text-premier-v1:0", "amazon.titan-text-express-v1"],
  Llama: ["us.meta.llama4-maverick-17b-instruct-v1:0", "us.meta.llama3-3-70b-instruct-v1:0"],
  Mistral: ["mistral.mistral-large-3-675b-instruct", "us.mistral.pixtral-large-2502-v1:0"],
};

/** The same as advice. */
export const MODEL_ID_ADVICE = `Current ids: ${Object.entries(EXAMPLE_IDS)
  .map(([maker, ids]) => `${maker} ${ids.join(", ")}`)
  .join(
    "; ",
  )}. Most newer models are called by an inference profile only, which is the plain id behind a prefix that fits the region: us. in US regions, eu. in European ones, global. anywhere.`;
