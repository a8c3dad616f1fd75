/** Where a Bedrock call goes: region, host and path. Hosts: AWS endpoint rules of Bedrock Runtime (2023-09-30). */
import type { BedrockOperation } from "../../families/family.ts";
import type { BedrockTarget } from "../../target.ts";
import type { Coordinates, Place } from "../../contracts.ts";
import type { ReadBinding } from "../../env.ts";
import { RouterError } from "../../errors.ts";
import { MODEL_ID_ADVICE, type OpenServed, type OpenSurface } from "../../families/index.ts";
import { withoutEnd } from "../../lib/text.ts";
import { nearestFirst } from "./nearest.ts";
import { MODEL_REGIONS, otherRegions } from "./regions.ts";

const DEFAULT_REGION = "us-east-1";
/** A region becomes part of a host name. */
const HOST_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

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

/** A place for each region of a target's list; one that is no region is not shown, and refused when it is called. */
export function bedrockPlaces(target: BedrockTarget, client?: Coordinates): readonly Place[] {
  const nearest = target.nearest === true && target.regions.length > 1;
  const regions = nearest && client ? nearestFirst(target.regions, client) : target.regions;
  const ids = regions.map((region, index) => (HOST_LABEL.test(region) ? region : `region ${index + 1}`));
  return (ids.length === 0 ? [""] : ids).map((id) => ({
    ...{ target, id, ownKey: false },
    ...(nearest && { byDistance: client !== undefined }),
  }));
}

/**
 * The region a target is called in: the place's, else the bindings', else us-east-1.
 * @throws RouterError `config_invalid` when that is no region.
 */
export function regionOf(target: BedrockTarget, binding: ReadBinding, place = target.regions[0]): string {
  const sources: (readonly [name: string, region: string | undefined])[] = [
    ["aws_region", place || undefined],
    ["AWS_REGION", binding("AWS_REGION")],
    ["AWS_DEFAULT_REGION", binding("AWS_DEFAULT_REGION")],
  ];
  for (const [name, region] of sources) {
    if (region === undefined) continue;
    if (HOST_LABEL.test(region)) return region;
    throw new RouterError(
      "config_invalid",
      `${name}, which counts for the Bedrock model '${target.name}', is not a region. Set it to one that offers the model, for example ${otherRegions("")}: ${MODEL_REGIONS}`,
    );
  }
  return DEFAULT_REGION;
}

/** `https://bedrock-runtime.{region}.{suffix of its partition}`, and so for other services. */
export function runtimeHost(region: string, service = "bedrock-runtime"): string {
  const suffix = PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "amazonaws.com";
  return `https://${service}.${region}.${suffix}`;
}

/**
 * Where STS answers for a region: its regional host, which gives tokens that every region takes.
 * @throws RouterError `config_invalid` when the endpoint override is not a plain http(s) URL.
 */
export function stsUrl(region: string, binding: ReadBinding): string {
  const override = binding("AWS_ENDPOINT_URL_STS");
  if (override === undefined) return `${runtimeHost(region, "sts")}/`;
  if (isPlainUrl(override)) return override;
  throw new RouterError(
    "config_invalid",
    "AWS_ENDPOINT_URL_STS is not an http(s) URL without user name, query and fragment. Give it as https://HOST, or remove it to call AWS itself.",
  );
}

/** `https://bedrock-mantle.{region}.api.aws`. https://docs.aws.amazon.com/bedrock/latest/userguide/endpoints.html */
function mantleHost(region: string): string {
  return `https://bedrock-mantle.${region}.api.aws`;
}

const PATHS: Readonly<Record<OpenSurface, string>> = {
  chat: "/chat/completions",
  responses: "/responses",
  messages: "/messages",
};

/** What mantle serves below `/openai/v1`; all else of OpenAI's APIs is below `/v1`. */
const OF_OPENAI = /^(?:openai\.gpt-(?!oss-)|openai\.(?!gpt-)|google\.gemma-4-|xai\.)/;

/**
 * The URL of a model's API of others', on either endpoint; the body names the model.
 * @throws RouterError `config_invalid` as {@link operationUrl}.
 */
export function openUrl(
  target: BedrockTarget,
  region: string,
  { surface, endpoint }: OpenServed,
  binding: ReadBinding,
): string {
  const base = endpoint === "mantle" ? mantleBase(target, region, binding) : baseOf(target, region, binding);
  const openai = endpoint === "runtime" || OF_OPENAI.test(target.model) ? "/openai/v1" : "/v1";
  const path = (surface === "messages" ? "/anthropic/v1" : openai) + PATHS[surface];
  return withoutEnd(base, "/") + path;
}

function mantleBase(target: BedrockTarget, region: string, binding: ReadBinding): string {
  return overridden(target, binding, "AWS_ENDPOINT_URL_BEDROCK_MANTLE") ?? mantleHost(region);
}

/**
 * The URL of one operation. The model id is one path segment: `:` and `/` of ids and ARNs are percent-encoded, as AWS's
 * SDKs do.
 * @throws RouterError `config_invalid` when the endpoint override is not a plain http(s) URL, `bedrock_model_invalid`
 * when the model id cannot be a path segment.
 */
export function operationUrl(
  target: BedrockTarget,
  region: string,
  operation: BedrockOperation | "count-tokens",
  binding: ReadBinding,
): string {
  return `${withoutEnd(baseOf(target, region, binding), "/")}/model/${modelSegment(target)}/${operation}`;
}

function baseOf(target: BedrockTarget, region: string, binding: ReadBinding): string {
  return overridden(target, binding, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME") ?? runtimeHost(region);
}

/** The address that counts in place of AWS's own; undefined where none is set. */
function overridden(target: BedrockTarget, binding: ReadBinding, name: string): string | undefined {
  const override = target.baseUrl ?? binding(name);
  if (override === undefined || isPlainUrl(override)) return override;
  throw new RouterError(
    "config_invalid",
    `${target.baseUrl === undefined ? name : "base_url"}, which counts for the Bedrock model '${target.name}', is not an http(s) URL without user name, query and fragment. Give it as https://HOST, or remove it to call AWS itself.`,
  );
}

/** What was found plain last: parsing it again for every request would be 1 % of a short one. */
let knownPlain: string | undefined;

/** Of `localhost:8787` a URL parser would make a scheme, and a path appended to a query would not be one. */
function isPlainUrl(text: string): boolean {
  if (text === knownPlain) return true;
  const isPlain = /^https?:\/\/[^/?#@\\\s]+(?:\/[^?#\\\s]*)?$/i.test(text) && URL.canParse(text);
  if (isPlain) knownPlain = text;
  return isPlain;
}

function modelSegment({ name, model }: BedrockTarget): string {
  // Dots alone would be taken as a step in the path, whichever way they are written; half a surrogate cannot be encoded.
  if (model !== "" && model !== "." && model !== ".." && model.isWellFormed())
    return encodeURIComponent(model);
  throw new RouterError(
    "bedrock_model_invalid",
    `The model id of '${name}' cannot be the id of a Bedrock model. Correct llms.${name}.model. ${MODEL_ID_ADVICE}`,
  );
}
