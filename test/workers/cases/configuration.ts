/** The configuration, what a session reads, and how a stream keeps alive. */
import { expect } from "vitest";
import { loadConfig } from "../../../src/config/text.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/index.ts";
import { parseMessage } from "../../../src/objects/session/protocol.ts";
import type { Case } from "./case.ts";

const UNBOUND = (): undefined => undefined;

/** What a configuration is refused for; empty where it is not. */
function problemOf(text: string): string {
  try {
    loadConfig(text, UNBOUND);
    return "";
  } catch (thrown) {
    return String(thrown);
  }
}

export const CONFIGURATION = {
  "config-env-in-model"() {
    const target = (model: string) =>
      `{provider: openai, model: "${model}", base_url: "https://x.example/v1", api_key: k}`;
    // The design: expanded in key, credential, region and base_url fields only; elsewhere an error that names the field.
    const dollar = "$";
    expect(problemOf(`llms:\n  a: ${target(`${dollar}{MODEL}`)}\n`)).toContain("llms.a.model");
    expect(problemOf(`llms:\n  a: ${target("gpt-x")}\n`)).toBe("");
  },

  "keepalive-empty-event"() {
    const request = { model: "s45", stream: true, messages: [{ role: "user", content: "hi" }] };
    const exchange = openaiChat.parse(request, new Headers());
    const encoder = exchange.stream({ id: "0".repeat(32), created: 0, model: "s45" });
    expect(encoder.silence()).toBe(": keep-alive\n");
  },

  "ws-bom"({ frames }: Case) {
    expect(parseMessage(frames[0] ?? "")).toMatchObject({ kind: "session", body: { model: "s45" } });
  },

  "ws-null-type"({ frames }: Case) {
    expect(parseMessage(frames[0] ?? "")).toMatchObject({ kind: "session", body: { model: "s45" } });
  },

  "yaml-valid-refused"({ config }: Case) {
    const texts = config.split(/^# file \d\n/m);
    expect(texts).toHaveLength(4);
    // None is a configuration; each is YAML. The third and fourth have keys that no configuration has.
    for (const text of texts) expect(problemOf(text)).not.toMatch(/YAML|line \d|tab|character/i);
  },
};
