/** The console in a real browser, with a week of made-up traffic behind it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { asObject, objectsIn } from "../../../emulator/json.ts";
import type { LedgerLine } from "../../../src/chat/ledger-line.ts";
import { addLine, noSums } from "../../../src/objects/ledger/sums.ts";
import { awsBindings, CLIENT_KEY, type Stack, startStack } from "../../support/stack.ts";
import { WAIT_MS } from "./playground-page.ts";

export const ADMIN = "sk-admin-0123456789abcdef";
const DAY_MS = 86_400_000;
const SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

export function startConsoleStack(bindings: Readonly<Record<string, string>> = {}): Promise<Stack> {
  return startStack({
    bindings: (emulator) => ({
      ...awsBindings(emulator),
      ROUTER_ADMIN_KEY: ADMIN,
      ROUTER_API_KEYS: `alice=${CLIENT_KEY}`,
      ...bindings,
    }),
    config: () => ({
      router: {
        retry: 0,
        strategy: "rules",
        rules: [{ keywords: ["nova"], model: "nova" }, { default: "claude" }],
      },
      llms: {
        claude: { provider: "bedrock", model: SONNET, description: "Careful" },
        nova: { provider: "bedrock", model: "us.amazon.nova-pro-v1:0", description: "Quick" },
      },
      keys: { alice: { money_month: 50 }, "**": { requests_minute: 100_000 } },
    }),
  });
}

const KEYS = ["alice", "bob", "ci"];
const CODES = [null, null, null, null, null, "upstream_timeout", null, null, "rate_limit_exceeded", null];

/** What came on a day, by a key: more of it towards the end of the week. */
function linesOf(key: number, day: number, end: number): LedgerLine[] {
  return Array.from({ length: 4 + day * 2 + key * 3 }, (_, at) => {
    const code = CODES[(at + day + key) % CODES.length] ?? null;
    const model = at % 3 === 0 ? "nova" : "claude";
    const first = 300 + ((at * 137 + day * 71) % 900);
    return {
      ...{ request_id: `req_${key}${day}${at}`, at: end - at * 60_000, api: "openai-chat", door: "http" },
      ...{ stream: true, model, place: "us-east-1", strategy: "rules", reason: "the default rule" },
      ...{ trail: `${model}@us-east-1 ${code ?? "ok"} ${first} ms`, status: code === null ? 200 : 500, code },
      ...{ limited: false, input_tokens: 900 + at * 40, output_tokens: 300 + at * 11, cache_read_tokens: 0 },
      ...{ cache_write_tokens: 0, cache_write_1h_tokens: 0, reasoning_tokens: 0, estimated: false },
      ...{ cost_micros: 8000 + at * 700, first_ms: code === null ? first : null, ms: first + 2400 },
      session: `session-${at % 4}`,
    };
  });
}

/** Tells the objects of keys and ledger of a week, as the Worker would have. Gives what it has cost, in dollars, and how many there were. */
export async function playWeek({
  objects,
}: Pick<Stack, "objects">): Promise<{ cost: number; requests: number }> {
  const [keys, ledgers] = await Promise.all([objects("KEYS"), objects("LEDGER")]);
  const today = Math.floor(Date.now() / DAY_MS);
  const all = { cost: 0, requests: 0 };
  for (const [number, key] of KEYS.entries()) {
    const days = Array.from({ length: 7 }, (_, day) => {
      const lines = linesOf(number, day, Date.now() - (6 - day) * DAY_MS - 60_000);
      const sums = noSums();
      for (const line of lines) addLine(sums, line, line.cost_micros ?? 0);
      return { day: today - 6 + day, lines, sums };
    });
    const lines = days.flatMap((day) => day.lines);
    const digest = await digestOf(key);
    const settings = { key, tags: [], ledger: "lines", days: 400 };
    const notes = lines.map((line) => ({ id: line.request_id, line, counted: false }));
    await call(keys.get(keys.idFromName(digest)), "tell", [], notes, settings);
    // The key's own first batch, told a minute later, then counts as told.
    await call(ledgers.get(ledgers.idFromName(`ledger ${digest.slice(0, 1)}`)), "tell", {
      ...{ key: `${key}`, tags: ["team-a"], number: 1, keepDays: 400 },
      days: days.map(({ day, sums }) => [day, sums]),
    });
    all.requests += lines.length;
    all.cost += lines.reduce((sum, line) => sum + (line.cost_micros ?? 0), 0) / 1e6;
  }
  return all;
}

async function call(object: object, method: string, ...args: readonly unknown[]): Promise<void> {
  const found: unknown = Reflect.get(object, method);
  if (typeof found !== "function") throw new TypeError(`the object has no ${method}`);
  await Reflect.apply(found, object, args);
}

async function digestOf(key: string): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(["key", key]));
  return Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
}

export interface ConsolePage {
  readonly page: Page;
  readonly requested: string[];
  readonly complaints: string[];
  signIn(key?: string): Promise<void>;
  tab(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens the console in a tab of its own. */
export async function openConsole(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<ConsolePage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const requested: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => requested.push(request.url()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // The browser's own word for a status, which the page asks for: it has no key yet.
    const expected = /Failed to load resource: the server responded with a status of (401|404)/;
    if (["error", "warning"].includes(message.type()) && !expected.test(message.text()))
      complaints.push(message.text());
  });
  await page.goto(`${url}/console`);
  return {
    ...{ page, requested, complaints },
    async signIn(key = ADMIN) {
      await page.fill("#admin-key", key);
      await page.press("#admin-key", "Enter");
    },
    async tab(name) {
      await page.getByRole("navigation").getByRole("button", { name }).click();
      await page.getByRole("button", { name, exact: true }).and(page.locator("[aria-current]")).waitFor();
    },
    close: () => context.close(),
  };
}

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe finds on the page as it is, and whether it is wider than the screen. */
export async function problemsOf(page: Page, state: string): Promise<string[]> {
  await page.evaluate(readFileSync(AXE, "utf8"));
  const result: unknown = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
  const { violations, passes } = asObject(result);
  if (objectsIn(passes).length < 10) return [`${state}: axe has looked at nothing`];
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  return [
    ...(wide ? [`${state}: wider than the screen`] : []),
    ...objectsIn(violations).map(
      ({ id, nodes }) =>
        `${state}: ${String(id)} at ${objectsIn(nodes).map(({ html }) => String(html).slice(0, 160))}`,
    ),
  ];
}
