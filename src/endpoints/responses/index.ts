/** Everything of `/v1/responses`. */
import type { Endpoint } from "../../http/context.ts";
import { create } from "./create.ts";
import { inputTokens } from "./input-tokens.ts";
import { cancel, inputItems, remove, retrieve } from "./stored.ts";

// `input_tokens` comes before `:id`.
export const endpoints: readonly Endpoint[] = [create, inputTokens, inputItems, cancel, retrieve, remove];
