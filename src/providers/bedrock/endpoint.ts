/** Where a Bedrock call goes: region, host and path. Hosts: AWS endpoint rules of Bedrock Runtime (2023-09-30). */
import type { BedrockOperation, BedrockTarget, ReadBinding } from "../../contracts.ts";
import { RouterError } from "../../errors.ts";

const DEFAULT_REGION = "us-east-1";

/** DNS suffix by the start of a region's name; the first that fits. */
const PARTITIONS: readonly (readonly [prefix: string, suffix: string])[] = [
  ["cn-", "amazonaws.com.cn"],
  ["us-isob-", "sc2s.sgov.gov"],
  ["us-isof-", "csp.hci.ic.gov"],
  ["eu-isoe-", "cloud.adc-e.uk"],
  ["us-iso-", "c2s.ic.gov"],
  ["eusc-", "amazonaws.eu"],
  ["", "amazonaws.com"],
];

/** The region a target is called in: its own `aws_region`, else the bindings', else us-east-1. */
export function regionOf(target: BedrockTarget, binding: ReadBinding): string {
  return target.regions[0] ?? binding("AWS_REGION") ?? binding("AWS_DEFAULT_REGION") ?? DEFAULT_REGION;
}

/** `https://bedrock-runtime.{region}.{suffix of its partition}`. */
export function runtimeHost(region: string): string {
  const suffix = PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "amazonaws.com";
  return `https://bedrock-runtime.${region}.${suffix}`;
}

/**
 * The URL of one operation. The model id is one path segment: `:` and `/` of ids and ARNs are percent-encoded, as AWS's
 * SDKs do.
 * @throws RouterError `config_invalid` when the endpoint override is not a URL.
 */
export function operationUrl(
  target: BedrockTarget,
  region: string,
  operation: BedrockOperation,
  binding: ReadBinding,
): string {
  const base = target.baseUrl ?? binding("AWS_ENDPOINT_URL_BEDROCK_RUNTIME") ?? runtimeHost(region);
  if (!URL.canParse(base)) {
    throw new RouterError(
      "config_invalid",
      "AWS_ENDPOINT_URL_BEDROCK_RUNTIME is not a URL. Give it as https://HOST, or remove it to call AWS itself.",
    );
  }
  return `${base.replace(/\/+$/, "")}/model/${encodeURIComponent(target.model)}/${operation}`;
}
