import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../../src/env.ts";
import { coordinatesOf } from "../../../../src/http/caller.ts";
import { nearestFirst } from "../../../../src/providers/bedrock/nearest.ts";
import { claudeAnswer, playUpstream, THROTTLED } from "../../../support/upstream.ts";
import { CLAUDE, envOf, KEY, NO_RETRY, ORIGIN, quietLog } from "../../support.ts";
import { createExecutionContext } from "cloudflare:test";
import { app } from "../../../../src/app.ts";

beforeEach(() => void quietLog());
afterEach(() => void vi.restoreAllMocks());

const REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-2", "us-west-2"];

describe("nearestFirst", () => {
  it.each([
    ["Berlin", 52.5, 13.4, ["eu-central-1", "us-east-1", "us-west-2", "ap-southeast-2"]],
    ["Denver", 39.7, -105, ["us-west-2", "us-east-1", "eu-central-1", "ap-southeast-2"]],
    [
      "Auckland, beyond the date line",
      -36.8,
      174.8,
      ["ap-southeast-2", "us-west-2", "us-east-1", "eu-central-1"],
    ],
    ["Honolulu", 21.3, -157.9, ["us-west-2", "us-east-1", "ap-southeast-2", "eu-central-1"]],
  ])("orders them from %s", (_, latitude, longitude, order) => {
    expect(nearestFirst(REGIONS, { latitude, longitude })).toEqual(order);
  });

  it("puts what it does not know last, as written", () => {
    const regions = ["xx-new-1", "eu-west-1", "xx-new-2", "eu-central-1"];
    expect(nearestFirst(regions, { latitude: 50, longitude: 8 })).toEqual([
      ...["eu-central-1", "eu-west-1", "xx-new-1", "xx-new-2"],
    ]);
  });
});

describe("coordinatesOf", () => {
  const told = (cf: RequestInitCfProperties | undefined, headers = {}) =>
    coordinatesOf(new Request(ORIGIN, { headers, ...(cf && { cf }) }));

  it("reads what Cloudflare says of the client, and nothing that is no place", () => {
    expect(told({ latitude: "-33.9", longitude: "151.2" })).toEqual({ latitude: -33.9, longitude: 151.2 });
    for (const cf of [
      undefined,
      {},
      { latitude: "", longitude: "1" },
      { latitude: "91", longitude: "1" },
      { latitude: "north", longitude: "1" },
    ]) {
      expect(told(cf)).toBeUndefined();
    }
  });

  it("is nothing under placement: the Worker is elsewhere then", () => {
    const cf = { latitude: "52", longitude: "13" };
    expect(told(cf, { "cf-placement": "remote-IAD" })).toBeUndefined();
    expect(told(cf, { "cf-placement": "local-FRA" })).toEqual({ latitude: 52, longitude: 13 });
  });
});

describe("aws_region with nearest", () => {
  const env = (aws_region: unknown, more = {}) =>
    envOf({
      router: { retry: NO_RETRY },
      llms: { claude: { ...CLAUDE, ...(aws_region !== undefined && { aws_region }) } },
      ...more,
    });
  async function asked(own: Env, cf?: RequestInitCfProperties) {
    const body = JSON.stringify({ messages: [{ role: "user", content: "Hi" }] });
    const init = { method: "POST", body, headers: { authorization: `Bearer ${KEY}` }, ...(cf && { cf }) };
    const response = await app.fetch(
      new Request(`${ORIGIN}/v1/chat/completions`, init),
      own,
      createExecutionContext(),
    );
    const { headers } = response;
    const places = [...(headers.get("x-router-trail") ?? "").matchAll(/\(([\w-]+)\)/g)].map(
      ([, place]) => place,
    );
    return { places, reason: headers.get("x-router-reason") };
  }
  const SYDNEY = { latitude: "-33.9", longitude: "151.2" };

  it.each([
    ["of a model", env(["nearest", ...REGIONS])],
    ["of all models", env(undefined, { aws: { region: [...REGIONS, "nearest"] } })],
  ])("tries them from the client on, and says so: %s", async (_, own) => {
    playUpstream(THROTTLED, claudeAnswer("Hi"), THROTTLED, claudeAnswer("Hi"));
    const near = await asked(own, SYDNEY);
    expect(near.places).toEqual(["ap-southeast-2", "us-west-2"]);
    expect(near.reason).toContain("Its nearest region is tried first.");
    const unknown = await asked(own);
    expect(unknown.places).toEqual(["us-east-1", "eu-central-1"]);
    expect(unknown.reason).not.toContain("nearest");
  });

  it("without it keeps the order written", async () => {
    playUpstream(claudeAnswer("Hi"));
    expect((await asked(env(REGIONS), SYDNEY)).places).toEqual(["us-east-1"]);
  });
});
