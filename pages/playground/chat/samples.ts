/** Questions to begin with. */
export interface Sample {
  readonly text: string;
  /** The tool that it wants. */
  readonly tool?: string;
}

export const SAMPLES: readonly Sample[] = [
  { text: "Say hello to the edge" },
  { text: "What is the weather in Oslo?", tool: "get_weather" },
  { text: "Use the calculator: what is (12.5 + 3) * 4?", tool: "calculator" },
  { text: "Compare SSE and WebSocket in a small table" },
];
