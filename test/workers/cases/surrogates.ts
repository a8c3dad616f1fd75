/** Half surrogates outside of messages' text. */
import { expect } from "vitest";
import { askModel, type Case } from "./case.ts";

/** What is sent of each model's request has U+FFFD where a half stood, and no half at any level of escapes. */
async function mended(read: Case): Promise<void> {
  for (const model of Object.keys(read.models)) {
    const { status, sentText } = await askModel(read, model, read.request);
    expect(status, model).toBe(200);
    expect(sentText, model).not.toMatch(/\\+u[dD][89a-fA-F]/);
    expect(sentText.isWellFormed()).toBe(true);
    expect(sentText, model).toMatch(/\ufffd|\\ufffd/);
  }
}

export const SURROGATES = {
  async "surrogate-history-args"(read: Case) {
    await mended(read);
    const text = JSON.stringify(read.request).replaceAll(
      String.raw`{\"q\":\"cut \\ud83d\"}`,
      String.raw`{\"\\ud83d\":1}`,
    );
    expect(text).toContain(String.raw`\"\\ud83d\":1`);
    await mended({ ...read, request: JSON.parse(text) });
  },
  "surrogate-response-format": mended,
  "surrogate-tool-schema-text": mended,
};
