/** What a single value of the configuration may look like. */
import * as z from "zod/mini";
import { nearest } from "../lib/nearest.ts";

/** A kind of value: how it is checked and read, and how a message describes it. */
export interface Field<T> {
  readonly schema: z.core.$ZodType<T>;
  /** Completes "wanted ...". */
  readonly wanted: string;
  /** Advice for a wrong text, if there is something better to say than what is wanted. */
  readonly hint?: (value: string) => string | undefined;
  /** A wrong value may be a secret that was put here, so it is not shown. */
  readonly hidden?: boolean;
  /** What `${NAME}` is here: the value of the binding, or, where texts are looked for, no more than these characters. */
  readonly reference?: "expanded" | "plain";
}

/** `setTimeout` fires at once beyond 31 bits of milliseconds. */
export const MAX_TIMER_MS = 2 ** 31 - 1;
const MS_PER_UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES_PER_UNIT = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
} as const;

/** Any text, also an empty one. */
export const text: Field<string> = { schema: z.string(), wanted: "a text" };

/** One of the names under `llms`. */
export const modelName: Field<string> = { ...text, wanted: "the name of a model" };

const MAX_ALIAS_CHARS = 256;

/** A pattern of names that clients send as `model`. */
export const alias: Field<string> = {
  schema: z.string().check(z.maxLength(MAX_ALIAS_CHARS), z.regex(/^[\x21-\x7e]+(?: +[\x21-\x7e]+)*$/)),
  wanted: `a name or a pattern of names such as claude-*, of at most ${MAX_ALIAS_CHARS} printable ASCII characters`,
};

/** A key or credential. */
export const secret: Field<string> = {
  ...text,
  wanted: "a text (put it in quotes if it is a number)",
  reference: "expanded",
};

/** Guardrail versions and metadata values look like numbers. */
export const textOrNumber: Field<string> = {
  schema: z.pipe(z.union([z.string(), z.number()]), z.transform(String)),
  wanted: "a text",
};

/** true or false, also in YAML 1.1's spellings, which LLMRouter takes. */
export const flag: Field<boolean> = {
  schema: parsed(z.union([z.boolean(), matching(/^(true|yes|on|false|no|off)$/i)]), (value) =>
    typeof value === "boolean" ? value : /^(true|yes|on)$/i.test(value),
  ),
  wanted: "true or false",
};

/** US dollars. */
export const price: Field<number> = { schema: z.number().check(z.gte(0)), wanted: "a number from 0" };

/** More than anybody pays, in US dollars: what is counted in millionths of them stays exact. */
const MOST_DOLLARS = 1e9;

/** A sum of money, given in US dollars; read in whole micro-dollars. */
export const money: Field<number> = {
  schema: z.pipe(
    z.number().check(z.gte(0), z.lte(MOST_DOLLARS)),
    z.transform((dollars) => Math.round(dollars * 1e6)),
  ),
  wanted: `US dollars, a number from 0 to ${MOST_DOLLARS}`,
};

/** A moment; a date alone is its beginning, UTC. Read in milliseconds since the epoch. */
export const moment: Field<number> = {
  schema: parsed(matching(/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))?$/), (value) => {
    const ms = Date.parse(value);
    return Number.isNaN(ms) ? undefined : ms;
  }),
  wanted: "a date such as 2027-01-31, or a moment such as 2027-01-31T18:00:00Z",
};

/** A word by which usage is told apart. */
export const tag: Field<string> = {
  schema: matching(/^[A-Za-z0-9._:-]{1,64}$/),
  wanted: "a word of at most 64 letters, digits, dots, colons, hyphens and underscores",
};

/** A share of the traffic; bounded so that sums of weights stay exact enough. */
export const weight: Field<number> = {
  schema: z.number().check(z.gte(0), z.lte(1e6)),
  wanted: "a number from 0 (never) to 1000000",
};

/** A part of one, both ends included. */
export const fraction: Field<number> = {
  schema: z.number().check(z.gte(0), z.lte(1)),
  wanted: "a number from 0 to 1",
};

/** A whole number between two bounds, both included. */
export function count(least: number, most = Number.MAX_SAFE_INTEGER): Field<number> {
  const bound = most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
  return {
    schema: z.int().check(z.gte(least), z.lte(most)),
    wanted: `a whole number from ${least}${bound}`,
  };
}

/** One of a few texts. */
export function oneOf<const T extends string>(...choices: readonly T[]): Field<T> {
  return {
    schema: z.enum(choices),
    wanted: `one of ${choices.join(", ")}`,
    hint: (value) => `the nearest is ${JSON.stringify(nearest(value, choices))}`,
  };
}

/**
 * A time span, given in seconds or as a text such as `500ms`, `15s`, `2m`, `1h`, `7d`; read in milliseconds.
 * @param leastMs 0 means "not at all".
 */
export function duration(mostMs: number, leastMs = 1): Field<number> {
  const days = Math.floor(mostMs / MS_PER_UNIT.d);
  const most = days > 0 ? `${days}d` : `${Math.floor(mostMs / MS_PER_UNIT.h)}h`;
  return {
    schema: inUnits(
      leastMs === 1 ? z.gt(0) : z.gte(leastMs / MS_PER_UNIT.s),
      MS_PER_UNIT,
      MS_PER_UNIT.s,
      (value) => {
        const ms = Math.round(value);
        return ms >= leastMs && ms <= mostMs ? ms : undefined;
      },
    ),
    wanted: `seconds as a number, or a text such as 500ms, 15s, 2m, 1h or 1d; ${leastText(leastMs)}at most ${most}`,
  };
}

/** A time span, or `p95`: what 95 of a hundred requests stay below, as measured. */
export function silence(mostMs: number): Field<number | "p95"> {
  const { schema, wanted } = duration(mostMs);
  const text = matching(/^\s*(?:p95|\d+(?:\.\d+)? *(?:ms|s|m|h|d))\s*$/i);
  return {
    schema: parsed(z.union([z.number().check(z.gt(0)), text]), (value): number | "p95" | undefined =>
      /^\s*p95\s*$/i.test(String(value)) ? "p95" : z.safeParse(schema, value).data,
    ),
    wanted: `p95, or ${wanted}`,
  };
}

/** A part of a whole, as a text such as `5%`, or a number from 0 to 1. */
export const share: Field<number> = {
  schema: parsed(z.union([fraction.schema, matching(/^(?:100|\d{1,2}(?:\.\d{1,6})?)%$/)]), (value) =>
    typeof value === "number" ? value : Number.parseFloat(value) / 100,
  ),
  wanted: "a part such as 5%, or a number from 0 to 1",
};

function leastText(leastMs: number): string {
  if (leastMs === 0) return "";
  return leastMs === 1 ? "more than 0, " : `at least ${leastMs / MS_PER_UNIT.m}m, `;
}

/** A size, given in bytes or as a text such as `8MiB`, `512KiB`, `8MB`; read in bytes. */
export const size: Field<number> = {
  schema: inUnits(z.gte(1), BYTES_PER_UNIT, BYTES_PER_UNIT.b, (value) => {
    const bytes = Math.floor(value);
    return bytes >= 1 && Number.isSafeInteger(bytes) ? bytes : undefined;
  }),
  wanted: "bytes as a number, or a text such as 8MiB, 512KiB or 8MB",
};

/** An origin as browsers send it, or `*`. */
export const origin: Field<string> = {
  schema: parsed(matching(/^\s*(\*|[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^\s/?#@\\]+\/?)\s*$/), (value) =>
    readOrigin(value.trim()),
  ),
  wanted: 'an origin such as https://app.example.com, without a path, or "*"',
};

/** Where below a base URL something is. */
export const urlPath: Field<string> = {
  schema: matching(/^\s*(?:[^\s\\#]+\s*)?$/),
  wanted: "a path such as /chat/completions",
  hidden: true,
};

/** The name of a variable or secret of the Worker. */
export const bindingName: Field<string> = {
  schema: matching(/^\s*(?:[A-Za-z_][A-Za-z0-9_]*\s*)?$/),
  wanted: "the name of a binding, such as OPENAI_API_KEY (a key itself belongs in api_key)",
  hidden: true,
};

/** A regular expression, case-insensitive like keywords. */
export const regex: Field<RegExp> = {
  schema: parsed(z.string().check(z.minLength(1)), (value) => {
    try {
      return new RegExp(value, "i");
    } catch {
      return undefined;
    }
  }),
  wanted: "a JavaScript regular expression without slashes around it",
  reference: "plain",
};

/** A text of this form. */
export function matching(pattern: RegExp): z.ZodMiniString {
  return z.string().check(z.regex(pattern));
}

/** What `input` takes and `read` makes something of. */
function parsed<I, T>(input: z.core.$ZodType<I>, read: (value: I) => T | undefined): z.core.$ZodType<T> {
  return z.pipe(
    input,
    z.transform((value, context): T => {
      const result = read(value);
      if (result !== undefined) return result;
      context.issues.push({ code: "custom", message: "", input: value });
      return z.NEVER;
    }),
  );
}

/** A number within `bound` (in `plain` units), or a text of a number and a unit. */
function inUnits(
  bound: z.core.$ZodCheckGreaterThan,
  units: Readonly<Record<string, number>>,
  plain: number,
  read: (value: number) => number | undefined,
): z.core.$ZodType<number> {
  const pattern = new RegExp(`^\\s*(\\d+(?:\\.\\d+)?) *(${Object.keys(units).join("|")})\\s*$`, "i");
  return parsed(z.union([z.number().check(bound), matching(pattern)]), (value) => {
    if (typeof value === "number") return read(value * plain);
    const [, number, unit = ""] = pattern.exec(value) ?? [];
    return read(Number(number) * (units[unit.toLowerCase()] ?? Number.NaN));
  });
}

/** Lower case and without a default port, as in an `Origin` header; also origins of apps (`tauri://localhost`). */
function readOrigin(value: string): string | undefined {
  if (value === "*") return value;
  if (!/^https?:/i.test(value)) return value.replace(/\/$/, "").toLowerCase();
  return URL.canParse(value) ? new URL(value).origin : undefined;
}
