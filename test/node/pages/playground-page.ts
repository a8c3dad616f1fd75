/** A page of the playground in a real browser, with all it does on the network and in the console noted. */
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { browserPath, launchBrowser } from "../../support/browser.ts";
import { awsBindings, CLIENT_KEY, type Stack, type StackOptions, startStack } from "../../support/stack.ts";

export const BROWSER = browserPath();

/** Generous, because a loaded machine is slow: no test asserts on time. */
export const WAIT_MS = 15_000;

export const SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/** Does not offer the models `far-…`. */
const CLOSED = "eu-west-3";

/**
 * Claude by default, Nova where the question says so, a model behind an OpenAI-compatible API, and two that answer in the second
 * of their regions.
 */
export function startPlaygroundStack(bindings: StackOptions["bindings"] = awsBindings): Promise<Stack> {
  return startStack({
    bindings,
    config: (emulator) => ({
      router: {
        retry: 0,
        strategy: "rules",
        rules: [{ keywords: ["nova"], model: "nova" }, { default: "claude" }],
      },
      llms: {
        claude: { provider: "bedrock", model: SONNET, description: "Careful" },
        nova: { provider: "bedrock", model: "us.amazon.nova-pro-v1:0", description: "Quick" },
        gpt: {
          provider: "openai",
          model: "emulated-small",
          base_url: emulator.openaiUrl,
          api_key: emulator.openaiKey,
        },
        "far-sse": inSecondRegion(emulator.url),
        "far-ws": inSecondRegion(emulator.url),
      },
    }),
  });
}

function inSecondRegion(url: string): object {
  const aws_region = [CLOSED, "us-east-1"];
  return { provider: "bedrock", model: SONNET, base_url: `${url}/@region:${CLOSED}`, aws_region };
}

export interface Playground {
  readonly page: Page;
  /** Addresses of all requests, WebSockets included. */
  readonly requested: string[];
  /** Errors and warnings of the console, violations of the security policy among them; exceptions. */
  readonly complaints: string[];
  /** Asks by keyboard and waits for the end of the answer. Gives the newest answer. */
  ask(text: string): Promise<Locator>;
  /** Sends a question without waiting. */
  send(text: string): Promise<void>;
  /** Waits until no answer is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** `fragment`: by default it hands the key over, as `npm start` does. `ready`: wait until the page offers models. */
export type TabOptions = BrowserContextOptions & { readonly fragment?: string; readonly ready?: boolean };

/** Of a suite with a browser of its own. */
export interface Tabs {
  /** A tab that is closed behind its test. @param of Default: the suite's router. */
  open(options?: TabOptions, of?: { readonly url: string }): Promise<Playground>;
  /** A tab that whoever opens it closes. */
  keep(options?: TabOptions): Promise<Playground>;
}

/** Call it in the suite: its hooks start and end the browser. */
export function playgroundTabs(router: () => { readonly url: string }): Tabs {
  let browser: Browser | undefined;
  let tab: Playground | undefined;
  beforeAll(async () => {
    if (BROWSER !== undefined) browser = await launchBrowser(BROWSER);
  }, 60_000);
  afterAll(() => browser?.close());
  afterEach(async () => {
    await tab?.close();
    tab = undefined;
  });
  const keep = (options?: TabOptions, of = router()) => {
    if (!browser) throw new Error("the browser is not there yet");
    return openPlayground(browser, of, options);
  };
  return {
    keep,
    async open(options, of) {
      tab = await keep(options, of);
      return tab;
    },
  };
}

/** Opens the playground in a tab of its own. */
export async function openPlayground(
  browser: Browser,
  { url }: { readonly url: string },
  options: TabOptions = {},
): Promise<Playground> {
  const { fragment = `#key=${CLIENT_KEY}`, ready = true, ...rest } = options;
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...rest });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const requested: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => requested.push(request.url()));
  page.on("websocket", (socket) => requested.push(socket.url()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  await page.goto(`${url}/playground${fragment}`);
  if (ready) await page.locator("#model:enabled").waitFor();
  const idle = async () => {
    await page.locator(".retry button").waitFor();
    expect(await page.locator("#send").textContent()).toContain("Send");
  };
  const send = async (text: string) => {
    await page.fill("#prompt", text);
    await page.press("#prompt", "Enter");
  };
  return {
    page,
    requested,
    complaints,
    send,
    idle,
    async ask(text) {
      await send(text);
      await idle();
      return page.locator(".answer").last();
    },
    close: () => context.close(),
  };
}

/** What a browser loads with a page: the bytes of each file as they travel, by its path. All of them are the page's own. */
export async function filesOf(url: string, page: string): Promise<Map<string, number>> {
  const html = await (await fetch(url + page)).text();
  const named = Array.from(html.matchAll(/(?:href|src)="(\/[^"]*)"/g), ([, path = ""]) => path);
  const sizes = [page, ...new Set(named)].map(async (path): Promise<[string, number]> => {
    const response = await fetch(url + path);
    expect([path, response.status]).toEqual([path, 200]);
    return [path, gzipSync(await response.arrayBuffer()).length];
  });
  return new Map(await Promise.all(sizes));
}

/** The figures under an answer by their names. */
export async function figuresOf(answer: Locator): Promise<Record<string, string>> {
  const names = await answer.locator(".figures dt").allTextContents();
  const values = await answer.locator(".figures dd").allTextContents();
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}

/**
 * Waits for a text in an element, without missing it when it stays for a moment only. Gives the label of the button, and
 * `seen before` when the answer's first block is still the one that an earlier call of this saw.
 */
export function firstSight(page: Page, selector: string, text: string): Promise<string> {
  return page.evaluate(
    ([wanted = "", words = ""]) =>
      new Promise<string>((resolve) => {
        const observer = new MutationObserver(() => {
          if (!document.querySelector(wanted)?.textContent.includes(words)) return;
          observer.disconnect();
          const first = document.querySelector(".answer[aria-busy] .md > *");
          const before = first?.hasAttribute("data-seen") ? "seen before" : "";
          first?.setAttribute("data-seen", "");
          resolve(`${document.querySelector("#send-label")?.textContent} ${before}`);
        });
        observer.observe(document.body, { childList: true, subtree: true, characterData: true });
      }),
    [selector, text],
  );
}
