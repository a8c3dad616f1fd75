/** The recorded and documented streams of the conformance vectors, and what a family has to make of them. */
import cases from "virtual:vectors/streams";
import { expect } from "vitest";
import type { Folded } from "./deltas.ts";

interface WireUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly cached_tokens?: number;
}

interface WireCase {
  readonly family: string;
  readonly model_id: string;
  readonly expected: {
    readonly text: string;
    readonly reasoning?: string;
    readonly tool_calls: readonly {
      /** Missing where the model gives none. */
      id?: string;
      name: string;
      arguments: unknown;
      /** Missing where the model does not stream them as text. */
      arguments_text?: string;
      incomplete?: boolean;
    }[];
    readonly finish_reason: string | null;
    readonly usage: WireUsage | null;
    readonly error?: { readonly kind: string; readonly type: string };
    readonly complete: boolean | null;
  };
  readonly also_acceptable?: {
    readonly text?: readonly string[];
    readonly reasoning?: readonly string[];
    readonly finish_reason?: readonly (string | null)[];
    readonly usage?: readonly (WireUsage | null)[];
  };
}

export interface StreamVector {
  readonly name: string;
  readonly modelId: string;
  /** The chunks' JSON values in order. */
  readonly payloads: readonly unknown[];
  readonly wire: WireCase;
}

/** The streams of the models whose ids match; empty where the vectors are not there. */
export function streamVectors(models: RegExp): StreamVector[] {
  return cases.flatMap(({ name, json, jsonl = "" }) => {
    const wire = json as WireCase;
    if (!models.test(wire.model_id)) return [];
    const lines = jsonl.split("\n").filter((line) => line !== "");
    const payloads = lines.map((line): unknown => JSON.parse(line));
    return [{ name, modelId: wire.model_id, payloads, wire }];
  });
}

/** Fails unless an answer is what the vector expects or also accepts. */
export function expectVector(folded: Folded, { wire }: StreamVector): void {
  const { expected, also_acceptable: other } = wire;
  expect([expected.text, ...(other?.text ?? [])]).toContain(folded.text);
  expect([expected.reasoning ?? "", ...(other?.reasoning ?? [])]).toContain(folded.reasoning);
  // Text may be shorter than expected only where what is missing was reasoning.
  if (folded.text !== expected.text && other?.reasoning !== undefined) expect(folded.reasoning).not.toBe("");
  const whole = expected.tool_calls.filter(({ incomplete }) => incomplete !== true);
  expect(folded.calls.slice(0, whole.length)).toEqual(
    whole.map(({ id = expect.stringMatching(/./), name, arguments: args, arguments_text: text }) => {
      return { id, name, args: (text ?? JSON.stringify(args)) || "{}" };
    }),
  );
  expect([expected.finish_reason, ...(other?.finish_reason ?? [])]).toContain(folded.finish ?? null);
  const { usage } = folded;
  const counted = usage && {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    ...(usage.cachedTokens !== undefined && { cached_tokens: usage.cachedTokens }),
  };
  expect([expected.usage, ...(other?.usage ?? [])]).toContainEqual(counted ?? null);
  expect(folded.finish !== undefined).toBe(expected.complete ?? true);
  // Exceptions travel in frames of their own, which are the provider's; a chunk's error is the family's.
  expect(folded.error !== undefined).toBe(expected.error?.kind === "in_band");
}
