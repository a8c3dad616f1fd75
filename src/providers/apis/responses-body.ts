/** What an upstream that speaks Responses is sent. */
import type { ChatRequest, JsonObject } from "../../chat/request.ts";
import { responsesBody } from "../../dialects/openai-responses/upstream/body.ts";
import type { ResponsesBodyOptions } from "../../dialects/openai-responses/upstream/own.ts";

/** The client's body, or one written for it, with the upstream's model id and the number of output tokens that counts. */
export function responsesUpstreamBody(
  request: ChatRequest,
  model: string,
  options: ResponsesBodyOptions,
): { readonly body: JsonObject; readonly dropped: readonly string[] } {
  const { body, dropped } = responsesBody(request, options);
  return {
    body: {
      ...body,
      model,
      ...(request.maxTokens !== undefined && { max_output_tokens: request.maxTokens }),
      ...(request.stream && { stream: true }),
    },
    dropped,
  };
}
