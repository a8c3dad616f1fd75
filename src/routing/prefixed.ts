/** The model prefix around a dispatch: what HTTP and WebSocket do alike. */
import type { Config } from "../config/types.ts";
import { prefixDeltas, takesPrefix, withoutPrefixes } from "../chat/prefix.ts";
import type { ChatRequest } from "../chat/request.ts";
import type { Answer } from "./dispatch.ts";
import type { DeltaSource } from "../providers/source.ts";

type DecodedAnswer = Extract<Answer, { kind: "decoded" }>;

/** The request as models may see it, and whether its answer shows the model's name (`serve.show_model_prefix`). */
export function prefixed(request: ChatRequest, config: Config): { request: ChatRequest; prefix: boolean } {
  if (!config.serve.showModelPrefix) return { request, prefix: false };
  const names = config.targets.map((target) => target.name);
  return { request: withoutPrefixes(request, names), prefix: takesPrefix(request) };
}

/** A decoded answer's deltas with the model's name before the first text. */
export function withPrefix({ head, rest, route }: DecodedAnswer): Pick<DecodedAnswer, "head" | "rest"> {
  const show = prefixDeltas(route.target.name);
  const source: DeltaSource = {
    async next() {
      const deltas = await rest.next();
      return deltas && show(deltas);
    },
    cancel: rest.cancel,
  };
  return { head: show(head), rest: source };
}
