/** Sessions over the browser's own WebSocket. */
import type { Browser, JSHandle, Page } from "playwright-core";
import { launchBrowser } from "../../support/browser.ts";
import { type Connect, type Ears, Refusal, socketClient, target, type Wire } from "./ws-client.ts";
import { blockPage, connectInPage, type PageServer, type PageSocket } from "./ws-page.ts";

export interface BrowserClients {
  readonly connect: Connect;
  close(): Promise<void>;
}

/** Starts a browser whose pages come from `server`. All sockets of an origin share a page. */
export async function startBrowserClients(
  executablePath: string,
  server: PageServer,
): Promise<BrowserClients> {
  const browser = await launchBrowser(executablePath);
  const pages = new Map<string, Promise<Page>>();
  return {
    connect: (url, options = {}) =>
      socketClient(async (ears) => {
        const { origin = server.origin } = options;
        const opening = pages.get(origin) ?? openPage(browser, origin);
        pages.set(origin, opening);
        return openSocket(await opening, server, target(url, options), ears);
      }),
    close: () => browser.close(),
  };
}

async function openPage(browser: Browser, origin: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(origin);
  return page;
}

async function openSocket(
  page: Page,
  server: PageServer,
  address: [string, string[]],
  ears: Ears,
): Promise<Wire> {
  const socket = await page.evaluateHandle(connectInPage, address);
  const opened = Promise.withResolvers<string>();
  void listen(socket, ears, opened);
  return {
    protocol: await opened.promise,
    sendRaw: (data) =>
      socket.evaluate((own, sent) => own.send(sent), typeof data === "string" ? data : [...data]),
    async stall() {
      const asked = page.waitForRequest((request) => request.method() === "POST");
      await page.evaluate(blockPage);
      await asked;
      return server.release;
    },
    close: () => socket.evaluate((own) => own.close()),
    drop: () => socket.evaluate((own) => own.drop()),
  };
}

/** Hands on what a socket hears, up to its end. */
async function listen(
  socket: JSHandle<PageSocket>,
  ears: Ears,
  opened: PromiseWithResolvers<string>,
): Promise<void> {
  for (let open = true; open; ) {
    // The browser may be closed while its sockets are open.
    const heard = await socket.evaluate((own) => own.heard()).catch(() => undefined);
    if (!heard) return;
    for (const { kind, text, code } of heard) {
      if (kind === "open") opened.resolve(text);
      else if (kind === "message") ears.message(text);
      else {
        opened.reject(new Refusal());
        ears.closed(code, text);
        open = false;
      }
    }
  }
}
