/** Which inference profiles to propose for a model that cannot be called by its plain id. */

/** Prefixes by the start of a region's name; the first that fits. The second of two is for older models. */
const GEOGRAPHIES: readonly (readonly [region: string, prefixes: readonly string[]])[] = [
  ["us-gov-", ["us-gov."]],
  ["us-", ["us.", "global."]],
  ["eu-", ["eu.", "global."]],
  ["ap-northeast-1", ["jp.", "apac.", "global."]],
  ["ap-northeast-3", ["jp.", "apac.", "global."]],
  ["ap-southeast-2", ["au.", "apac.", "global."]],
  ["ap-southeast-4", ["au.", "apac.", "global."]],
  ["ap-south-", ["in.", "apac.", "global."]],
  ["ap-", ["apac.", "global."]],
  // Claude's profile for Canada is the one of the US; Nova Lite has its own.
  ["ca-", ["us.", "ca.", "global."]],
  ["", ["global."]],
];
/** No provider has such a name. */
const PREFIX = /^(?:us-gov|us|eu|apac|jp|au|ca|in|global)\./;

/** The prefixes of the inference profiles that can be called from a region, the nearest first. */
export function profilePrefixes(region: string): readonly string[] {
  return GEOGRAPHIES.find(([start]) => region.startsWith(start))?.[1] ?? [];
}

/**
 * Ids of inference profiles that may stand in a model's place, the nearest first; none for an ARN that hides the model.
 * @param model As configured: an id, an id with a prefix, or an ARN.
 */
export function proposedProfiles(model: string, region: string): readonly string[] {
  const resource = model.startsWith("arn:") ? model.split(":foundation-model/")[1] : model;
  if (resource === undefined) return [];
  const plain = resource.replace(PREFIX, "");
  return profilePrefixes(region)
    .map((prefix) => prefix + plain)
    .filter((profile) => profile !== model);
}
