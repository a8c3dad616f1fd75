/** A row of the table of models: who speaks to a model, where it is served, what it takes. */
import type {
  BaseFacts,
  ChatModel,
  ClaudeModel,
  CohereModel,
  ConverseModel,
  LlamaModel,
  MistralModel,
  NovaModel,
} from "./facts.ts";

/** Which of Bedrock's APIs carries a model. */
export type Surface = "invoke" | "converse" | "chat" | "responses" | "messages";
/** `bedrock-runtime` or `bedrock-mantle`. */
export type Endpoint = "runtime" | "mantle";

/**
 * Where a model is on its way out, by AWS's dates (…/userguide/model-lifecycle-legacy.html); a model without one is in
 * service. `on`: the day, as YYYY-MM-DD; undefined where only the fact is known.
 */
export interface Lifecycle {
  /** `legacy`: it still answers whoever used it before. `retired`: it answers nobody without an arrangement of their own. */
  readonly state: "legacy" | "retired";
  readonly on?: string;
}

export interface ModelRow {
  /**
   * A plain id without date and version. One that ends in a dot or a hyphen stands for all that begin with it and have no
   * row of their own: what comes after this table behaves as the newest that it knows.
   */
  readonly id: string;
  /** The family that speaks to it on InvokeModel. */
  readonly family: string;
  /** Where it is called unless the configuration says otherwise. */
  readonly surface: Surface;
  readonly endpoint: Endpoint;
  readonly lifecycle?: Lifecycle;
  /** On which surfaces it has service tiers beside the default. `open`: on chat and responses alone. */
  readonly tiers: "all" | "open" | "none";
  /** The fewest tokens before a cache point that are cached; undefined where it has none, or nobody says. */
  readonly cacheMinimum?: number;
  /** Bedrock wants the account to allow that requests are kept and read, region by region. */
  readonly wantsRetention?: boolean;
  readonly facts: BaseFacts;
  readonly converse: ConverseModel;
  // The facts again, as the form has them that the family speaks.
  readonly claude?: ClaudeModel;
  readonly nova?: NovaModel;
  readonly llama?: LlamaModel;
  readonly mistral?: MistralModel;
  readonly cohere?: CohereModel;
  readonly chat?: ChatModel;
}

/** A row with the facts of a certain form. */
export type RowOf<Form extends keyof ModelRow> = ModelRow & Required<Pick<ModelRow, Form>>;

/** What differs from row to row, beside id and facts. */
export type RowOptions = Partial<Omit<ModelRow, "id" | "facts" | "family">>;

/** A row for a model on InvokeModel that is in service and has all tiers, but for what `options` say. */
export function modelRow(
  id: string,
  family: string,
  facts: BaseFacts,
  options: RowOptions & Pick<ModelRow, "converse">,
): ModelRow {
  return { id, family, surface: "invoke", endpoint: "runtime", tiers: "all", facts, ...options };
}

/** No longer offered; since when, where that is known. */
export function retired(on?: string): { readonly lifecycle: Lifecycle } {
  return { lifecycle: { state: "retired", ...(on !== undefined && { on }) } };
}

/** Offered until that day. */
export function legacy(on: string): { readonly lifecycle: Lifecycle } {
  return { lifecycle: { state: "legacy", on } };
}
