/** `anthropic_beta`: the flags that Bedrock knows, and what only they allow. */
import { invalid } from "../../bedrock/errors.ts";
import { type JsonObject, objectsIn, stringsIn } from "../../json.ts";
import { nested, type Turn } from "./blocks.ts";

const KNOWN: ReadonlySet<string> = new Set([
  ...["computer-use-2025-01-24", "computer-use-2025-11-24", "context-1m-2025-08-07", "effort-2025-11-24"],
  ...["context-management-2025-06-27", "compact-2026-01-12", "fine-grained-tool-streaming-2025-05-14"],
  ...["interleaved-thinking-2025-05-14", "tool-search-tool-2025-10-19", "dangerous-tool-use-2026-09-03"],
  ...["mid-conversation-output-config-2026-07-01", "mid-conversation-tool-changes-2026-07-01"],
  ...["thinking-display-updates-2026-08-18", "thinking-binding-controls-2026-08-01"],
]);

const COMPUTER = ["computer-use-2025-01-24", "computer-use-2025-11-24"];
const SEARCH = ["tool-search-tool-2025-10-19"];
const CONTEXT = ["context-management-2025-06-27", "compact-2026-01-12"];

/** Throws for flags that nobody knows, and for fields that come without theirs. */
export function checkBetas(body: JsonObject, turns: readonly Turn[]): void {
  const betas = stringsIn(body.anthropic_beta);
  if (betas.some((beta) => !KNOWN.has(beta))) throw invalid("invalid beta flag");
  const need = (path: string, present: boolean, flags: readonly string[]): void => {
    if (present && !flags.some((flag) => betas.includes(flag))) {
      throw invalid(`${path}: Extra inputs are not permitted`);
    }
  };
  need("context_management", "context_management" in body, CONTEXT);
  for (const [index, tool] of objectsIn(body.tools).entries()) {
    need(`tools.${index}.custom.defer_loading`, "defer_loading" in tool, SEARCH);
    need(`tools.${index}`, String(tool.type ?? "").startsWith("computer_"), COMPUTER);
  }
  for (const [at, message] of objectsIn(body.messages).entries()) {
    const flags = ["mid-conversation-output-config-2026-07-01"];
    need(`messages.${at}.output_config`, "output_config" in message, flags);
  }
  for (const [at, turn] of turns.entries()) {
    for (const [index, block] of turn.blocks.entries()) {
      for (const { block: inner, path } of nested(block, `messages.${at}.content.${index}`)) {
        need(path, inner.type === "tool_reference", SEARCH);
        const changes = inner.type === "tool_addition" || inner.type === "tool_removal";
        need(path, changes, ["mid-conversation-tool-changes-2026-07-01"]);
      }
    }
  }
  const thinking = objectsIn([body.thinking])[0] ?? {};
  need("thinking.display", thinking.display === "updates", ["thinking-display-updates-2026-08-18"]);
  need("thinking.block_binding", "block_binding" in thinking, ["thinking-binding-controls-2026-08-01"]);
}
