import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringsIn } from "../../../emulator/json.ts";
import { CLIENT_KEY, type Stack } from "../../support/stack.ts";
import {
  BROWSER,
  filesOf,
  type Playground,
  playgroundTabs,
  startPlaygroundStack,
} from "./playground-page.ts";

/** A host that nobody may ask. */
interface Elsewhere {
  readonly url: string;
  readonly visits: string[];
  readonly server: Server;
}

async function startElsewhere(): Promise<Elsewhere> {
  const visits: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    visits.push(url);
    response.writeHead(200, { "access-control-allow-origin": "*" }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, visits, server };
}

let stack: Stack;
let elsewhere: Elsewhere;
beforeAll(async () => {
  [stack, elsewhere] = await Promise.all([startPlaygroundStack(), startElsewhere()]);
}, 60_000);
afterAll(async () => {
  elsewhere?.server.close();
  await stack?.close();
});

describe("the assets beside the Worker", () => {
  const get = (path: string, init?: RequestInit) => fetch(stack.url + path, { redirect: "manual", ...init });

  it.each(["GET", "HEAD"])("%s /playground is the page, at that address", async (method) => {
    const response = await get("/playground", { method });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect((await response.text()).includes("<h1>")).toBe(method === "GET");
  });

  it.each(["/playground", "/playground/app.js", "/playground/style.css", "/playground/icon.svg"])(
    "%s comes with a strict policy",
    async (path) => {
      const { headers } = await get(path);
      const policy = new Map(
        headers
          .get("content-security-policy")
          ?.split("; ")
          .map((directive): [string, string] => {
            const [name = "", ...values] = directive.split(" ");
            return [name, values.join(" ")];
          }),
      );
      expect(Object.fromEntries(policy)).toEqual({
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data: blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
      });
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("x-dns-prefetch-control")).toBe("off");
    },
  );

  it("are at most 80 KiB together as they travel", async () => {
    const files = await filesOf(stack.url, "/playground");
    expect([...files.keys()].toSorted()).toEqual([
      "/playground",
      "/playground/app.js",
      "/playground/icon.svg",
      "/playground/style.css",
    ]);
    const bytes = [...files.values()].reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(10 * 1024);
    expect(bytes).toBeLessThanOrEqual(80 * 1024);
  });

  it("leave everything else to the Worker", async () => {
    const asked = await Promise.all([
      get("/"),
      get("/", { method: "HEAD" }),
      get("/v1/models"),
      get("/playground/nothing"),
      get("/nothing", { method: "POST" }),
      get("/_headers"),
      get("/v1/chat/completions", { method: "OPTIONS" }),
    ]);
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 401, 404, 404, 404, 204]);
    for (const { headers } of asked) {
      expect(headers.get("x-request-id")).toMatch(/^req_/);
      expect(headers.has("content-security-policy")).toBe(false);
    }
    expect(await asked[3]?.json()).toMatchObject({ error: { code: "not_found" } });
    expect(await asked[0]?.json()).toMatchObject({ endpoints: { playground: "GET /playground" } });
  });
});

describe.skipIf(!BROWSER)("the playground", () => {
  const { open, keep } = playgroundTabs(() => stack);

  it("loads nothing but these, and what the API says", async () => {
    const { ask, requested } = await open();
    await ask("Hello");
    const files = [...(await filesOf(stack.url, "/playground")).keys()];
    const others = requested
      .map((address) => new URL(address))
      .filter(({ pathname }) => !files.includes(pathname));
    expect(new Set(others.map(({ origin, pathname }) => `${origin}${pathname}`))).toEqual(
      new Set([`${stack.url}/v1/models`, `${stack.url}/v1/chat/completions`]),
    );
  });

  describe("shows a model's Markdown", () => {
    it("without asking another host for its images", async () => {
      const { page, ask, requested, complaints } = await open();
      const { url } = elsewhere;
      const answer = await ask(
        [
          "Pictures:",
          `[cat]: ${url}/reference.png`,
          `![a cat](${url}/image.png)`,
          `![by reference][cat]`,
          `<img src="${url}/html.png">`,
          `<picture><source srcset="${url}/source.png"></picture>`,
          `<link rel="stylesheet" href="${url}/style.css">`,
          `<video src="${url}/video.mp4" poster="${url}/poster.png"></video>`,
          `<svg><image href="${url}/svg.png"/></svg>`,
          `<div style="background:url(${url}/css.png)">styled</div>`,
          `![own host](/v1/models)`,
        ].join("\n\n"),
      );
      const links = answer.locator(".md a");
      expect(await links.allTextContents()).toEqual(["a cat ↗", "by reference ↗", "own host ↗"]);
      expect(await links.first().getAttribute("href")).toBe(`${url}/image.png`);
      expect(await links.last().getAttribute("href")).toBe(null);
      expect(await answer.locator(".md img, .md svg, .md video, .md link, [style]").count()).toBe(0);
      await page.waitForLoadState("networkidle");
      expect(requested.filter((address) => !address.startsWith(stack.url))).toEqual([]);
      expect(requested.filter((address) => address.endsWith("/v1/models"))).toHaveLength(1);
      expect(complaints).toEqual([]);
      expect(elsewhere.visits).toEqual([]);
      // It would have noticed.
      await fetch(`${url}/proof`);
      expect(elsewhere.visits.splice(0)).toEqual(["/proof"]);
    });

    it("with marks, named characters and ticks as they are meant", async () => {
      const { ask } = await open();
      const text = "H<sub>2</sub>O, x<sub>a<SUP>b</sub>c</sup>, y<sup>d &copy;&nbsp;&#x41;&lt;b&gt;";
      const answer = await ask(`Marks:\n\n${text}\n\n- [x] done\n- [ ] open`);
      const words = answer.locator(".md");
      expect(await words.locator("sub").allTextContents()).toEqual(["2", "ab"]);
      expect((await words.locator("sup").allTextContents())[0]).toBe("b");
      expect(await words.textContent()).toContain("H2O, xabc, yd ©\u00a0A<b>");
      expect((await words.locator("li").allTextContents())[0]).toBe("☑ done");
    });

    it("with pictures that it carries itself", async () => {
      const { ask } = await open();
      const dot = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
      const answer = await ask(`Picture:\n\n![dot](${dot})`);
      const image = answer.locator(".md img");
      expect(await image.getAttribute("alt")).toBe("dot");
      expect(await image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(1);
    });

    describe("without running it, in one conversation:", () => {
      let conversation: Playground;
      beforeAll(async () => {
        conversation = await keep();
      });
      afterAll(() => conversation?.close());

      it.each([
        "<script>window.pwned = 1</script>",
        "<img src=x onerror=window.pwned=1>",
        '<svg onload="window.pwned=1"></svg>',
        '<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>',
        "<details open ontoggle=window.pwned=1>x</details>",
        '<a href="javascript:window.pwned=1">link</a>',
        "<form action=javascript:window.pwned=1><button>link</button></form>",
        "[link](javascript:window.pwned=1)",
        "[link](JaVaScRiPt&colon;window.pwned=1)",
        "[link](data:text/html,<script>opener.pwned=1</script>)",
        "[link](vbscript:window.pwned=1)",
        '[link](https://example.com/"onmouseover="window.pwned=1)',
        "![link](javascript:window.pwned=1)",
        '![x" onerror="window.pwned=1](data:image/png;base64,AAAA)',
        '```"><img src=x onerror=window.pwned=1>\ncode\n```',
        "<base href=https://example.com/>",
        "<style>* { display: none }</style>",
        '<b id="send" name="body">clobber</b>',
      ])("%s", async (markdown) => {
        const { page, ask } = conversation;
        const answer = await ask(`Look at this, and\n\n${markdown}\n\nat the end`);
        const text = answer.locator(".md");
        expect(await text.textContent()).toContain("at the end");
        const links = await text
          .locator("a[href]")
          .evaluateAll((found) => found.map((link) => [link.getAttribute("href"), link.getAttribute("rel")]));
        for (const [href, rel] of links) {
          expect(href).toMatch(/^https:/);
          expect(rel).toBe("noopener noreferrer");
        }
        const dangerous = await text.evaluate((element) =>
          [...element.querySelectorAll("*")].flatMap((node) => [
            ...(/^(script|iframe|style|form|base|svg|object|embed|link|meta)$/i.test(node.tagName)
              ? [node.tagName]
              : []),
            ...[...node.attributes]
              .filter(({ name }) => /^on|^style$|^id$|^srcdoc$/.test(name))
              .map(({ name }) => name),
          ]),
        );
        // The button that copies a block of code is the page's own.
        expect(dangerous).toEqual([]);
        expect(await page.evaluate(() => "pwned" in window)).toBe(false);
      });
    });

    it.each([
      ["quotations", `${">".repeat(20_000)} end`],
      ["lists", `${"- ".repeat(3000)}end`],
      ["marks", `${"<sub>".repeat(5000)}end`],
      ["emphasis", `${"*a **b ".repeat(2000)}end`],
    ])("with %s deeper in each other than a page can show, and goes on", async (_, text) => {
      const { page, ask, complaints } = await open();
      await page.route("**/v1/chat/completions", (route) => {
        const chunk = (delta: object, rest: object = {}) =>
          `data: ${JSON.stringify({ choices: [{ index: 0, delta, ...rest }] })}\n\n`;
        const body = `${chunk({ content: text })}${chunk({}, { finish_reason: "stop" })}data: [DONE]\n\n`;
        return route.fulfill({ contentType: "text/event-stream", body });
      });
      const answer = await ask("How deep?");
      expect(await answer.locator(".md").textContent()).toMatch(/end\s*$/);
      await page.unroute("**/v1/chat/completions");
      const next = await ask("Still there?");
      expect(await next.locator(".md").textContent()).toContain("Still there?");
      expect(complaints).toEqual([]);
    });

    it("under a policy that stops what would get through", async () => {
      const { page, complaints } = await open();
      await page.evaluate(() => {
        const directives: string[] = [];
        Reflect.set(window, "violated", directives);
        document.addEventListener("securitypolicyviolation", (event) =>
          directives.push(event.effectiveDirective),
        );
      });
      // As text: the tests' own bundler would make another import of it.
      await page.evaluate(`import("${elsewhere.url}/script.js").catch(() => {})`);
      const violated = await page.evaluate(async (url) => {
        const image = document.createElement("img");
        image.src = `${url}/image.png`;
        const script = document.createElement("script");
        script.append("window.pwned = 1");
        const frame = document.createElement("iframe");
        frame.src = url;
        const styled = document.createElement("p");
        styled.setAttribute("style", "color: red");
        const base = document.createElement("base");
        base.href = url;
        document.body.append(image, script, frame, styled);
        document.head.append(base);
        const refused = [
          () => Reflect.set(styled, "innerHTML", "<b>text</b>"),
          // A policy of whatever name.
          () => Reflect.get(window, "trustedTypes").createPolicy("other", {}),
        ];
        for (const attempt of refused) {
          try {
            attempt();
          } catch {
            // What counts is that it is noted.
          }
        }
        await fetch(`${url}/fetch`).catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 100));
        return Reflect.get(window, "violated");
      }, elsewhere.url);
      expect(stringsIn(violated).toSorted()).toEqual([
        "base-uri",
        "connect-src",
        "frame-src",
        "img-src",
        // The text of a script, and HTML from a text.
        "require-trusted-types-for",
        "require-trusted-types-for",
        "script-src-elem",
        "style-src-attr",
        "trusted-types",
      ]);
      expect(complaints.length).toBeGreaterThan(0);
      expect(await page.evaluate(() => "pwned" in window)).toBe(false);
      expect(elsewhere.visits).toEqual([]);
    });
  });

  describe("and the client key", () => {
    const storedKey = (page: Playground["page"]) =>
      page.evaluate(() => sessionStorage.getItem("playground.key"));

    it("is taken from the address at once, and stays in this tab", async () => {
      const { page, requested, ask } = await open();
      expect(page.url()).toBe(`${stack.url}/playground`);
      expect(await storedKey(page)).toBe(CLIENT_KEY);
      await page.check("input[value=ws]");
      await ask("Hello");
      expect(requested.join("\n")).not.toContain(CLIENT_KEY);
      const kept = await page.evaluate(() =>
        JSON.stringify([{ ...localStorage }, document.cookie, history.state]),
      );
      expect(kept).not.toContain(CLIENT_KEY);
      await page.reload();
      await page.locator("#model:enabled").waitFor();
      const other = await page.context().newPage();
      await other.goto(`${stack.url}/playground`);
      await other.locator("#key-dialog").waitFor();
      expect(await storedKey(other)).toBe(null);
    });

    it("is asked for, refused when it is wrong, and forgotten on demand", async () => {
      const { page, complaints } = await open({ fragment: "", ready: false });
      await page.locator("#key-dialog").waitFor();
      expect(complaints).toEqual([]);
      await page.fill("#key", "sk-wrong");
      await page.press("#key", "Enter");
      await page.locator("#key-problem", { hasText: "is not one of this router's keys" }).waitFor();
      expect(await storedKey(page)).toBe(null);
      await page.fill("#key", CLIENT_KEY);
      await page.press("#key", "Enter");
      await page.locator("#model:enabled").waitFor();
      expect(await page.locator("#key-dialog").isVisible()).toBe(false);
      expect(await page.inputValue("#key")).toBe("");
      await page.click("#forget-key");
      await page.locator("#key-dialog").waitFor();
      expect(await storedKey(page)).toBe(null);
      expect(await page.locator("#model").isDisabled()).toBe(true);
    });

    it.each(["sse", "ws"])(
      "that was withdrawn is told over %s, with a way to change it",
      async (transport) => {
        const { page, ask } = await open();
        // Between two requests of the page, its key ceases to be one.
        await page.route(/\/v1\/chat\//, (route) =>
          route.continue({ headers: { ...route.request().headers(), authorization: "Bearer sk-withdrawn" } }),
        );
        if (transport === "ws")
          await page.routeWebSocket(/chat\/ws/, (socket) => void socket.close({ code: 1006 }));
        await page.check(`input[value=${transport}]`);
        const answer = await ask("Hello");
        expect(await answer.locator(".error code").textContent()).toBe("invalid_api_key");
        await answer.locator(".error button").click();
        expect(await page.locator("#key-dialog").isVisible()).toBe(true);
      },
    );

    it("with letters that a WebSocket cannot carry says so", async () => {
      const { page, send } = await open();
      await page.evaluate(() => sessionStorage.setItem("playground.key", "a/b=="));
      await page.route("**/v1/models", (route) =>
        route.fulfill({ json: { object: "list", data: [{ id: "auto", description: "" }] } }),
      );
      await page.check("input[value=ws]");
      await page.reload();
      await page.locator("#model:enabled").waitFor();
      await send("Hello");
      await page.locator(".answer .error code", { hasText: "key_not_for_websocket" }).waitFor();
    });
  });

  it("says what is wrong with the router, and tries again when told to", async () => {
    const { page } = await open({ fragment: "", ready: false });
    await page.route("**/health", (route) => route.abort());
    await page.reload();
    await page.locator("#trouble code", { hasText: "unreachable" }).waitFor();
    await page.unroute("**/health");
    await page.click("#trouble button");
    await page.locator("#key-dialog").waitFor();
  });
});
