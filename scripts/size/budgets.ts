/** What the Worker may weigh, gzip, in bytes. `npm run size` shows it beside what is; a test holds it. */

const KIB = 1024;

/** The whole Worker. Cloudflare allows 3 MiB; a small one starts sooner and is read sooner. */
export const WORKER_BUDGET = 100 * KIB;

/** A file of src/ alone: beyond that it does more than one thing. */
export const FILE_BUDGET = 3.5 * KIB;

export interface DependencyBudget {
  /** By how much the Worker may shrink without it. */
  readonly share: number;
  /** What it does here that our own code should not. */
  readonly reason: string;
}

/** Each dependency that may be in the Worker. Some 5 % are left for their next versions. */
export const DEPENDENCIES: Readonly<Record<string, DependencyBudget>> = {
  zod: {
    share: 8.2 * KIB,
    reason:
      "checks requests and configuration; zod/mini, whose kinds of values are bundled only where they are used",
  },
  hono: {
    share: 5.8 * KIB,
    reason: "routes, context and CORS; hono/tiny, whose router is the smallest",
  },
  aws4fetch: { share: 2.8 * KIB, reason: "signs the calls to Bedrock (SigV4)" },
  "eventsource-parser": {
    share: 1.3 * KIB,
    reason: "reads the server-sent events of OpenAI-compatible upstreams where the router has to look inside",
  },
};
