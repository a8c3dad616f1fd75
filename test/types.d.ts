/** One case of the conformance vectors: its description and, where it has them, its bytes and chunk lines. */
declare module "virtual:vectors/*" {
  const cases: { name: string; json: unknown; bin?: string; jsonl?: string }[];
  export default cases;
}

/** Real inputs that failed once, by the name of their file. */
declare module "virtual:cases" {
  const cases: Readonly<Record<string, unknown>>;
  export default cases;
}

/** Requests that real clients sent, by the name of their file. */
declare module "virtual:dialects" {
  const fixtures: Readonly<Record<string, unknown>>;
  export default fixtures;
}

/** Requests that real clients sent, by the name of their file. */
declare module "virtual:fixtures" {
  const fixtures: Readonly<Record<string, unknown>>;
  export default fixtures;
}

/** A file as text, as Vite gives it. */
declare module "*?raw" {
  const text: string;
  export default text;
}

/** A reader of Prometheus' text format, without types of its own. */
declare module "parse-prometheus-text-format" {
  interface Family {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly metrics: readonly {
      readonly labels?: Readonly<Record<string, string>>;
      readonly value?: string;
      readonly buckets?: Readonly<Record<string, string>>;
      readonly sum?: string;
      readonly count?: string;
    }[];
  }
  export default function parse(text: string): Family[];
}
