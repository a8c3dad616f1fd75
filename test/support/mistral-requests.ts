/** Requests encoded for Mistral. */
import { mistral } from "../../src/families/mistral/index.ts";
import { familyTools } from "./families.ts";

export const { encode, refused } = familyTools(mistral);

export const MISTRAL_7B = "mistral.mistral-7b-instruct-v0:2";
export const LARGE_2402 = "mistral.mistral-large-2402-v1:0";
export const LARGE_2407 = "mistral.mistral-large-2407-v1:0";

export interface WireMessage {
  role: string;
  content: unknown;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
  tool_call_id?: string;
}

/** The messages that a conversation becomes. */
export const messagesOf = (messages: unknown[], model = LARGE_2407): WireMessage[] =>
  encode(model, { messages }).body.messages as WireMessage[];
