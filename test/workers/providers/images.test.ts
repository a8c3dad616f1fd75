import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseChat } from "../../../src/dialects/openai-chat/client/parse.ts";
import { parseMessages } from "../../../src/dialects/anthropic-messages/client/parse.ts";
import { memoryCounter } from "../../../src/lib/memory.ts";
import { imageUrlProblem } from "../../../src/providers/image-url.ts";
import { inlineLinks } from "../../../src/providers/images.ts";
import { claudeAnswer, playUpstream, type Reply, THROTTLED, UNAVAILABLE } from "../../support/upstream.ts";
import { ask, CLAUDE, envOf, quietLog, RETRY_AT_ONCE } from "../support.ts";

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
const signal = new AbortController().signal;

beforeEach(() => void quietLog());
afterEach(() => vi.restoreAllMocks());

function answering(answers: Record<string, () => Response>) {
  return vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
    const url = input instanceof Request ? input.url : String(input);
    const answer = answers[url];
    if (!answer) throw new TypeError("unreachable");
    return answer();
  });
}

const withImages = (...urls: string[]) =>
  parseChat({
    messages: [{ role: "user", content: urls.map((url) => ({ type: "image_url", image_url: { url } })) }],
  });

async function urlsOf(...urls: string[]) {
  const { messages } = await inlineLinks(withImages(...urls), { ownHost: "router.example.com", signal });
  return messages[0]?.content.map((part) => (part.type === "image_url" ? part.url : ""));
}

describe("imageUrlProblem", () => {
  it.each([
    "http://example.com/a.png",
    "ftp://example.com/a.png",
    "https://127.0.0.1/a",
    "https://2130706433/a",
    "https://0x7f.1/a",
    "https://017700000001/a",
    "https://[::1]/a",
    "https://[::ffff:169.254.169.254]/a",
    "https://169.254.169.254/latest/meta-data",
    "https://localhost/a",
    "https://LOCALHOST./a",
    "https://a.localhost/a",
    "https://intranet/a",
    "https://metadata.google.internal/a",
    "https://printer.local/a",
    "https://printer.local./a",
    ...[
      "https://a.localhost../a",
      "https://printer.local.../a",
      "https://127.0.0.1../a",
      "https://a..example.com/a",
    ],
    ...["svc", "corp", "test", "home", "lan", "mail", "onion", "private"].map(
      (last) => `https://a.b.${last}/a`,
    ),
    ...["https://api.ns.svc./a", "https://nas.home.arpa/a", "https://home.arpa./a"],
    ...["https://127.0.0.1.nip.io/a", "https://app.localtest.me/a"],
    `https://${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.example.com/a`,
    "https://user:secret@example.com/a",
    "https://router.example.com/v1/models",
    "https://ROUTER.example.com../v1/models",
    "not a url",
  ])("refuses %s", (link) => {
    expect(imageUrlProblem(link, "router.example.com")).toBeTypeOf("string");
  });

  it.each(["https://example.com/a.png", "https://cdn.example.co.uk:8443/a?b=c", "https://1.example.com/a"])(
    "allows %s",
    (link) => {
      expect(imageUrlProblem(link, "router.example.com")).toBeUndefined();
    },
  );

  it("refuses every literal IPv4 address, in any notation", () => {
    const notation = fc.constantFrom(
      (n: number) => String(n),
      (n: number) => `0x${n.toString(16)}`,
      (n: number) => [24, 16, 8, 0].map((shift) => (n >>> shift) & 255).join("."),
    );
    fc.assert(
      fc.property(fc.nat(0xffffffff), notation, (address, write) => {
        expect(imageUrlProblem(`https://${write(address)}/x`, undefined)).toBeTypeOf("string");
      }),
    );
  });
});

describe("documents behind links", () => {
  const PDF = new TextEncoder().encode("%PDF-1.7 and what follows");
  const documents = (...urls: string[]) =>
    parseMessages(
      {
        ...{ model: "m", max_tokens: 10 },
        messages: [
          { role: "user", content: urls.map((url) => ({ type: "document", source: { type: "url", url } })) },
        ],
      },
      new Headers(),
    );
  const partsOf = async (...urls: string[]) => {
    const { messages } = await inlineLinks(documents(...urls), { ownHost: "router.example.com", signal });
    return messages[0]?.content;
  };

  it("are sent inline, each fetched once, asked for as what they are", async () => {
    const fetched = answering({ "https://a.example/x.pdf": () => new Response(PDF) });
    const data = `data:application/pdf;base64,${PDF.toBase64()}`;
    const [first, second] = (await partsOf("https://a.example/x.pdf", "https://a.example/x.pdf")) ?? [];
    expect([first, second]).toMatchObject([{ type: "file", data, mediaType: "application/pdf" }, { data }]);
    expect(first).not.toHaveProperty("url");
    expect(fetched.mock.calls.map(([, init]) => new Headers(init?.headers).get("accept"))).toEqual([
      "application/pdf",
    ]);
  });

  it("go through the guard of images, and have to be PDFs", async () => {
    answering({ "https://a.example/x": () => new Response("<html>") });
    const param = "messages.0.content.0";
    await expect(partsOf("https://169.254.169.254/x")).rejects.toMatchObject({
      ...{
        code: "invalid_value",
        param,
        message: expect.stringMatching(/document cannot be fetched: .*address/),
      },
    });
    await expect(partsOf("https://router.example.com/v1/models")).rejects.toThrow(/back to this router/);
    await expect(partsOf("https://a.example/x")).rejects.toThrow(/is not a PDF/);
  });

  it("stay links where only images are to be fetched, and the other way round", async () => {
    const fetched = answering({ "https://a.example/x": () => new Response(PNG) });
    const options = { ownHost: undefined, signal };
    const request = documents("https://a.example/x");
    expect(await inlineLinks(request, { ...options, only: "image_url" })).toBe(request);
    expect(await inlineLinks(withImages("https://a.example/x"), { ...options, only: "file" })).toBeTruthy();
    expect(fetched).not.toHaveBeenCalled();
  });
});

describe("inlineLinks", () => {
  it("makes data URLs of links, with the type that the bytes show", async () => {
    const type = { "content-type": "image/jpeg" };
    answering({ "https://a.example/x": () => new Response(PNG, { headers: type }) });
    expect(await urlsOf("https://a.example/x")).toEqual([`data:image/png;base64,${PNG.toBase64()}`]);
  });

  it("fetches each image once, and leaves data URLs alone", async () => {
    const fetched = answering({ "https://a.example/x": () => new Response(PNG) });
    const data = "data:image/png;base64,AAAA";
    const [first, second, third] = (await urlsOf("https://a.example/x", "https://a.example/x", data)) ?? [];
    expect(first).toBe(second);
    expect(third).toBe(data);
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it("takes images that are there already, and remembers only those that came", async () => {
    const images = new Map<string, Promise<string>>();
    const answers = { "https://a.example/x": () => new Response(PNG) };
    const fetched = answering(answers);
    const inlined = (...urls: string[]) =>
      inlineLinks(withImages(...urls), { ownHost: undefined, signal, images });
    const first = await inlined("https://a.example/x");
    await expect(inlined("https://a.example/x", "https://a.example/y")).rejects.toThrow(/cannot be reached/);
    await expect(inlined("https://a.example/y")).rejects.toThrow(/cannot be reached/);
    expect(await inlined("https://a.example/x")).toEqual(first);
    expect(fetched.mock.calls.map(([link]) => link)).toEqual([
      ...["https://a.example/x", "https://a.example/y", "https://a.example/y"],
    ]);
  });

  it("sends no more than four at a time, and no cookie, key or credential", async () => {
    let open = 0;
    let most = 0;
    const spy = vi.spyOn(globalThis, "fetch").mockImplementation(async () => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 5));
      open--;
      return new Response(PNG);
    });
    await urlsOf(...Array.from({ length: 11 }, (_, i) => `https://a.example/${i}`));
    expect(most).toBe(4);
    for (const [, init] of spy.mock.calls) expect(init?.headers).toEqual({ accept: "image/*" });
  });

  it("follows three redirects and checks each", async () => {
    const to = (location: string) => () => new Response(null, { status: 302, headers: { location } });
    answering({
      "https://a.example/0": to("/1"),
      "https://a.example/1": to("https://b.example/2"),
      "https://b.example/2": to("https://b.example/3"),
      "https://b.example/3": () => new Response(PNG),
      "https://a.example/deep": to("https://a.example/0"),
      "https://a.example/inside": to("https://169.254.169.254/latest"),
      "https://a.example/plain": to("http://b.example/3"),
    });
    expect((await urlsOf("https://a.example/0"))?.[0]).toContain("data:image/png");
    await expect(urlsOf("https://a.example/deep")).rejects.toThrow(/more than 3/);
    await expect(urlsOf("https://a.example/inside")).rejects.toThrow(/address/);
    await expect(urlsOf("https://a.example/plain")).rejects.toThrow(/https/);
  });

  it.each([
    ["an error of the host", () => new Response("no", { status: 404 }), /HTTP 404/],
    ["something that is no image", () => new Response("<html>"), /not a PNG/],
    ["an empty body", () => new Response(""), /not a PNG/],
    ["more than 5 MiB", () => new Response(new Uint8Array(5 * 1024 * 1024 + 1)), /larger than 5 MiB/],
  ])("refuses %s, naming the part", async (_, answer, text) => {
    answering({ "https://a.example/x": answer });
    await expect(urlsOf("https://a.example/x")).rejects.toMatchObject({
      code: "invalid_value",
      param: "messages[0].content[0].image_url",
      message: expect.stringMatching(text),
    });
  });

  const links = (count: number) => Array.from({ length: count }, (_, i) => `https://a.example/${i}`);

  it("fetches 20 links for a request, and none of more", async () => {
    const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response(PNG));
    expect(await urlsOf(...links(20), ...links(20))).toHaveLength(40);
    expect(fetched).toHaveBeenCalledTimes(20);
    await expect(urlsOf(...links(21))).rejects.toMatchObject({
      code: "invalid_value",
      param: "messages[0].content[20].image_url",
      message: expect.stringContaining("at most 20 links"),
    });
    expect(fetched).toHaveBeenCalledTimes(20);
  });

  it("ends all that are under way when one fails, and begins no other", async () => {
    const signals: AbortSignal[] = [];
    const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      if (String(input).endsWith("/2")) return new Response("no", { status: 404 });
      if (init?.signal) signals.push(init.signal);
      return new Promise<Response>((_, reject) => {
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      });
    });
    await expect(urlsOf(...links(20))).rejects.toMatchObject({
      param: "messages[0].content[2].image_url",
      message: expect.stringContaining("HTTP 404"),
    });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(fetched).toHaveBeenCalledTimes(4);
  });

  it("are 10 MiB together, data: URLs and repetitions counted; the rest is not read", async () => {
    const mib = 2 ** 20;
    const image = (bytes: number) => {
      const whole = new Uint8Array(bytes);
      whole.set(PNG);
      return () => new Response(whole);
    };
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled += mib / 4;
        controller.enqueue(new Uint8Array(mib / 4));
      },
    });
    answering({
      "https://a.example/5": image(5 * mib),
      "https://b.example/5": image(5 * mib),
      "https://a.example/4": image(4 * mib),
      "https://a.example/endless": () => new Response(endless),
    });
    const data = (bytes: number) => `data:image/png;base64,${new Uint8Array(bytes).toBase64()}`;
    const tooMuch = {
      code: "invalid_value",
      message: expect.stringContaining("together larger than 10 MiB"),
    };
    expect(await urlsOf("https://a.example/5", "https://b.example/5")).toHaveLength(2);
    await expect(urlsOf("https://a.example/5", "https://b.example/5", data(3))).rejects.toMatchObject(
      tooMuch,
    );
    await expect(urlsOf("https://a.example/4", "https://a.example/4", data(3 * mib))).rejects.toMatchObject(
      tooMuch,
    );
    await expect(urlsOf("https://a.example/endless", data(9 * mib))).rejects.toMatchObject(tooMuch);
    expect(pulled).toBeLessThan(3 * mib);
    // Without a link nothing is fetched, and the body's own limit holds.
    expect(await urlsOf(data(11 * mib))).toHaveLength(1);
  });

  it("are fetched once for answers that are asked for side by side", async () => {
    const images = new Map<string, Promise<string>>();
    const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response(PNG));
    const request = withImages(...links(7));
    const all = await Promise.all(
      [1, 2, 3, 4].map(() => inlineLinks(request, { ownHost: undefined, signal, images })),
    );
    expect(fetched).toHaveBeenCalledTimes(7);
    expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  it("count in what the isolate has in hand, twice each", async () => {
    const counter = memoryCounter();
    const hold = counter.hold("me");
    answering({ "https://a.example/x": () => new Response(PNG) });
    await inlineLinks(withImages("https://a.example/x"), { ownHost: undefined, signal, hold });
    expect(counter.inHand).toBe(2 * PNG.length);
    hold.end();
    expect(counter.inHand).toBe(0);
  });

  it("refuses a host that cannot be reached", async () => {
    answering({});
    await expect(urlsOf("https://a.example/x")).rejects.toThrow(/cannot be reached/);
  });
});

describe("the attempts of one request", () => {
  const LINK = "https://a.example/x";
  const asks = { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: LINK } }] }] };
  const env = envOf({ llms: { claude: CLAUDE }, router: { retry: { ...RETRY_AT_ONCE, attempts: 2 } } });

  /** Answers for Bedrock in turn, and the image for all else; gives the links of the images that were fetched. */
  function playing(...replies: Reply[]) {
    const links: string[] = [];
    const bedrock = playUpstream(...replies);
    const play = vi.mocked(fetch).getMockImplementation();
    vi.mocked(fetch).mockImplementation(async (input, init) => {
      if (init?.method === "POST") return (await play?.(input, init)) ?? Response.error();
      links.push(String(input));
      return new Response(PNG);
    });
    return { links, bedrock };
  }

  it("share its images: each is fetched once", async () => {
    const { links, bedrock } = playing(THROTTLED, UNAVAILABLE, claudeAnswer("I see"));
    const answer = await ask(env, "/v1/chat/completions", { method: "POST", body: asks });
    expect([answer.status, answer.headers.get("x-router-attempts")]).toEqual([200, "3"]);
    expect([links, bedrock.length]).toEqual([[LINK], 3]);
    const sent = bedrock.map(({ body }) => JSON.stringify(body));
    expect(new Set(sent).size).toBe(1);
    expect(sent[0]).toContain(PNG.toBase64());
  });

  it("share nothing with another request", async () => {
    const { links } = playing(claudeAnswer("I see"), claudeAnswer("I see"));
    for (let times = 0; times < 2; times++) {
      await ask(env, "/v1/chat/completions", { method: "POST", body: asks });
    }
    expect(links).toEqual([LINK, LINK]);
  });
});
