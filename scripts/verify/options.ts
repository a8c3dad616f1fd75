/** The command line of `npm run verify`. */
import { parseArgs } from "node:util";

export interface Options {
  /** Without `/v1` and without a trailing slash. */
  readonly url: string;
  readonly key: string | undefined;
  readonly only: readonly string[] | undefined;
  readonly timeoutMs: number;
  readonly json: boolean;
}

export const USAGE = `Checks a running router as a person would after a deploy.

  npm run verify -- URL [--key KEY] [--models a,b] [--timeout SECONDS] [--json] [--open]

  URL          for example https://openclaw-edge-router.YOUR-SUBDOMAIN.workers.dev; or ROUTER_URL
  --key        one of the router's client keys; better in ROUTER_KEY, where no process list shows it
  --models     asks only these models (default: every configured one)
  --timeout    how long one request may take (default: 60)
  --json       the report as JSON
  --open       the router needs no key (ROUTER_AUTH)

Each model is asked about seven short questions of at most 64 output tokens (256 with tools); one for vectors or an order, once.
A cause that several failures share is told once. With a key that is none of the router's, the checks end there.
Exit code: 0 when all is well, 1 when a check failed, 2 when the command line is wrong.`;

const DEFAULT_TIMEOUT_S = 60;

/**
 * @param args What follows the script's name.
 * @throws Error with a sentence for the person at the keyboard.
 */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options | "help" {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      key: { type: "string" },
      models: { type: "string" },
      timeout: { type: "string", default: String(DEFAULT_TIMEOUT_S) },
      json: { type: "boolean", default: false },
      open: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const [given = env.ROUTER_URL, ...more] = positionals;
  if (more.length > 0) throw new Error(`One URL is enough; what is ${JSON.stringify(more[0])}?`);
  if (!given) throw new Error("Which router? Give its URL, or set ROUTER_URL.");
  const key = values.key ?? env.ROUTER_KEY;
  if (!key && !values.open)
    throw new Error("Without a key there is little to check: set ROUTER_KEY, or give --key (or --open).");
  const seconds = Number(values.timeout);
  if (!(seconds > 0)) throw new Error(`--timeout wants seconds, not ${JSON.stringify(values.timeout)}.`);
  return {
    url: routerUrl(given),
    key: values.open ? undefined : key,
    only: values.models
      ?.split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
    timeoutMs: seconds * 1000,
    json: values.json,
  };
}

/** `https://` where no scheme is given; clients' base URLs end in `/v1`, which is not part of it. */
function routerUrl(given: string): string {
  const text = /^https?:\/\//i.test(given) ? given : `https://${given}`;
  if (!URL.canParse(text)) throw new Error(`${JSON.stringify(given)} is no URL.`);
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`.replace(/\/+$/, "").replace(/\/v1$/, "");
}
