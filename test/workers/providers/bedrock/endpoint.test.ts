import { describe, expect, it } from "vitest";
import { operationUrl, regionOf, runtimeHost } from "../../../../src/providers/bedrock/endpoint.ts";
import { bedrockTarget, bindings, failureOf } from "../support.ts";

describe("regionOf", () => {
  const bound = { AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-2" };

  it("takes aws_region, else AWS_REGION, AWS_DEFAULT_REGION, us-east-1", () => {
    expect(regionOf(bedrockTarget({ regions: ["eu-central-1", "eu-north-1"] }), bindings(bound))).toBe(
      "eu-central-1",
    );
    expect(regionOf(bedrockTarget(), bindings(bound))).toBe("eu-west-1");
    expect(regionOf(bedrockTarget(), bindings({ AWS_DEFAULT_REGION: "eu-west-2" }))).toBe("eu-west-2");
    expect(regionOf(bedrockTarget(), bindings({}))).toBe("us-east-1");
  });

  it.each(["us east 1", "us-east-1.evil.test/", "x@evil.test#", "us_east_1", "-us", "a".repeat(64), "é"])(
    "refuses %j, which would become part of the host",
    async (region) => {
      const error = await failureOf(() => regionOf(bedrockTarget(), bindings({ AWS_REGION: region })));
      expect(error.code).toBe("config_invalid");
      expect(error.message).toContain("AWS_REGION");
      expect(error.message).not.toContain(region);
      const own = await failureOf(() => regionOf(bedrockTarget({ regions: [region] }), bindings({})));
      expect(own.message).toMatch(/^aws_region/);
    },
  );
});

describe("runtimeHost", () => {
  it.each([
    ["us-east-1", "amazonaws.com"],
    ["eu-central-1", "amazonaws.com"],
    ["ap-northeast-1", "amazonaws.com"],
    ["mx-central-1", "amazonaws.com"],
    ["us-gov-west-1", "amazonaws.com"],
    ["cn-north-1", "amazonaws.com.cn"],
    ["us-iso-east-1", "c2s.ic.gov"],
    ["us-isob-east-1", "sc2s.sgov.gov"],
    ["us-isof-south-1", "csp.hci.ic.gov"],
    ["eu-isoe-west-1", "cloud.adc-e.uk"],
    ["eusc-de-east-1", "amazonaws.eu"],
  ])("%s is under %s", (region, suffix) => {
    expect(runtimeHost(region)).toBe(`https://bedrock-runtime.${region}.${suffix}`);
  });
});

describe("operationUrl", () => {
  const url = (more: Parameters<typeof bedrockTarget>[0], binding = bindings({})) =>
    operationUrl(bedrockTarget(more), "us-east-1", "invoke", binding);

  it.each([
    ["anthropic.claude-v2", "anthropic.claude-v2"],
    ["amazon.nova-micro-v1:0", "amazon.nova-micro-v1%3A0"],
    [
      "arn:aws:bedrock:us-east-1:1:inference-profile/us.x",
      "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x",
    ],
    ["a%3Ab", "a%253Ab"],
    ["a b/../é", "a%20b%2F..%2F%C3%A9"],
    ["...", "..."],
  ])("puts the model id %s into one segment", (model, segment) => {
    expect(url({ model })).toBe(`https://bedrock-runtime.us-east-1.amazonaws.com/model/${segment}/invoke`);
  });

  it.each([".", "..", "", "half \ud83d of a pair"])(
    "refuses the model id %j, which would change the path",
    async (model) => {
      const error = await failureOf(() => url({ model }));
      expect(error.code).toBe("bedrock_model_invalid");
      expect(error.message).toContain("llms.claude.model");
    },
  );

  it("takes base_url, else AWS_ENDPOINT_URL_BEDROCK_RUNTIME, else AWS's host", () => {
    const bound = bindings({ AWS_ENDPOINT_URL_BEDROCK_RUNTIME: "http://localhost:9000/" });
    const path = "/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke";
    expect(url({ baseUrl: "https://gateway.test/aws" }, bound)).toBe(`https://gateway.test/aws${path}`);
    expect(url({}, bound)).toBe(`http://localhost:9000${path}`);
    expect(url({})).toBe(`https://bedrock-runtime.us-east-1.amazonaws.com${path}`);
  });

  it.each([
    "localhost:9000",
    "bedrock.test",
    "ftp://bedrock.test",
    "https:///",
    "https://user:password@bedrock.test",
    "https://bedrock.test/?tenant=1",
    "https://bedrock.test/#x",
    "https://bedrock.test\\x",
    "https://bedrock.test/a b",
    "https://[::1",
  ])("refuses the endpoint %j", async (endpoint) => {
    const bound = bindings({ AWS_ENDPOINT_URL_BEDROCK_RUNTIME: endpoint });
    const error = await failureOf(() => url({}, bound));
    expect(error.code).toBe("config_invalid");
    expect(error.message).toMatch(/^AWS_ENDPOINT_URL_BEDROCK_RUNTIME/);
    expect(error.message).not.toContain(endpoint);
    expect((await failureOf(() => url({ baseUrl: endpoint }))).message).toMatch(/^base_url/);
  });
});
