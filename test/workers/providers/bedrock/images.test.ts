import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parseChat } from "../../../../src/openai/request.ts";
import { imageUrlProblem } from "../../../../src/providers/bedrock/image-url.ts";
import { inlineImages } from "../../../../src/providers/bedrock/images.ts";

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
const signal = new AbortController().signal;

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
  const { messages } = await inlineImages(withImages(...urls), "router.example.com", signal);
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
    "https://user:secret@example.com/a",
    "https://router.example.com/v1/models",
    "https://ROUTER.example.com./v1/models",
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

describe("inlineImages", () => {
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

  it("refuses a host that cannot be reached", async () => {
    answering({});
    await expect(urlsOf("https://a.example/x")).rejects.toThrow(/cannot be reached/);
  });
});
