/** Which bindings a configuration needs before its models can be called. */
import type { Config } from "../../src/config/types.ts";
import type { ReadBinding } from "../../src/env.ts";
import { checkCredentials } from "../../src/providers/bedrock/credentials/index.ts";
import type { BedrockTarget, KeyedTarget, Target } from "../../src/target.ts";
import { apiKeysFor } from "../../src/providers/api-keys.ts";
import { type Entry, entryOf, modelEntry, references } from "./written.ts";

/** One of the sets of bindings in `any_of` is needed, whole. */
export interface Need {
  /** Models, or what else needs it. */
  readonly for: readonly string[];
  readonly any_of: readonly (readonly string[])[];
  /** Whether it is there. */
  readonly met: boolean;
}

const CLIENTS: readonly (readonly string[])[] = [["ROUTER_API_KEYS"], ["ROUTER_AUTH"]];
const AWS: readonly (readonly string[])[] = [
  ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
  ["AWS_BEARER_TOKEN_BEDROCK"],
];
/** Who assumes a role: a pair of keys, or the router itself. */
const ASSUMERS: readonly (readonly string[])[] = [
  ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
  ["AWS_OIDC_PRIVATE_KEY"],
];
const SIGV4_KEYS = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];

/**
 * The needs of a valid configuration; those that are alike in one.
 * @param written The same configuration as it stands in the file.
 */
export function needsOf({ targets, router }: Config, written: Entry, binding: ReadBinding): Need[] {
  const needs = [
    need(
      "clients",
      CLIENTS,
      CLIENTS.flat().some((name) => binding(name) !== undefined),
    ),
    ...targets.flatMap((target) => needsOfTarget(target, modelEntry(written, target.name), written, binding)),
  ];
  if (router.judge && !targets.includes(router.judge)) {
    const judge = { ...router.judge, name: "router.model" };
    needs.push(...needsOfTarget(judge, entryOf(written.router), written, binding));
  }
  const alike = Map.groupBy(needs, ({ any_of, met }) => JSON.stringify([any_of, met]));
  return [...alike.values()].flatMap(([first, ...rest]) =>
    first ? [{ ...first, for: [first, ...rest].flatMap((one) => one.for) }] : [],
  );
}

function needsOfTarget(target: Target, entry: Entry, written: Entry, binding: ReadBinding): Need[] {
  // It is called by a binding, which has no secret.
  if (target.kind === "workers-ai") return [];
  const own =
    target.kind === "bedrock"
      ? awsNeeds(target, entry, binding)
      : keyNeeds(target, entry, entryOf(written.api_keys), binding);
  return [...own, ...placeNeeds(target.name, entry)];
}

function awsNeeds(target: BedrockTarget, entry: Entry, binding: ReadBinding): Need[] {
  const own = [
    SIGV4_KEYS.flatMap((key) => references(entry[key])),
    references(entry.aws_bearer_token),
  ].filter(isSome);
  const hasOwn = Object.keys(target.credentials).length > 0;
  if (hasOwn && own.length === 0) return [];
  const shared = target.role === undefined ? AWS : ASSUMERS.slice(0, target.role.identity ? 2 : 1);
  return [need(target.name, hasOwn ? own : [...own, ...shared], isCallable(target, binding))];
}

function isCallable(target: BedrockTarget, binding: ReadBinding): boolean {
  try {
    checkCredentials(target, binding);
    return true;
  } catch {
    return false;
  }
}

function keyNeeds(target: KeyedTarget, entry: Entry, apiKeys: Entry, binding: ReadBinding): Need[] {
  const shared = Object.entries(apiKeys)
    .filter(([provider]) => provider.trim().toLowerCase() === target.provider.toLowerCase())
    .flatMap(([, keys]) => [keys].flat().map(references));
  const mentioned = [
    references(entry.api_key),
    ...(target.apiKeyEnv ? [[target.apiKeyEnv]] : []),
    ...shared,
  ].filter(isSome);
  const met = apiKeysFor(target, binding).length > 0;
  const hasLiteral = met && mentioned.length === 0 && apiKeysFor(target, () => undefined).length > 0;
  if (target.auth === "none" || hasLiteral) return [];
  // A local server may want none.
  if (target.auth === "optional" && mentioned.length === 0) return [];
  return [need(target.name, [...mentioned, ...lastResort(target)], met)];
}

/** The binding that is looked at when nothing else has a key: `<PROVIDER>_API_KEY`. */
function lastResort({ apiKey: _, apiKeyEnv: __, ...target }: KeyedTarget): string[][] {
  const asked: string[] = [];
  apiKeysFor({ ...target, apiKeys: [] }, (name) => {
    asked.push(name);
    return undefined;
  });
  return asked.map((name) => [name]);
}

/** Of an address or region that comes from bindings. The loader has taken it, so there is a default for an unset one. */
function placeNeeds(model: string, entry: Entry): Need[] {
  return ["base_url", "aws_region"].flatMap((key) => {
    const names = references(entry[key]);
    return names.length === 0 ? [] : [need(`${model} (${key})`, [names], true)];
  });
}

/** Without alternatives that stand there twice. */
function need(who: string, any_of: readonly (readonly string[])[], met: boolean): Need {
  const distinct = new Map(any_of.map((names) => [names.join(), names]));
  return { for: [who], any_of: [...distinct.values()], met };
}

function isSome(names: readonly string[]): boolean {
  return names.length > 0;
}
