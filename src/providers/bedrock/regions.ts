/** Advice on regions. */

/** Which models are offered where. */
export const MODEL_REGIONS = "https://docs.aws.amazon.com/bedrock/latest/userguide/models-regions.html";

/** Regions with most models, by the start of a region's name; partitions and geographies stay among themselves. */
const WITH_MOST_MODELS: readonly (readonly [region: string, proposals: readonly string[]])[] = [
  ["us-gov-", ["us-gov-west-1", "us-gov-east-1"]],
  ["eu-", ["eu-central-1", "eu-west-1", "eu-north-1"]],
  ["ap-", ["ap-northeast-1", "ap-southeast-2", "ap-south-1"]],
  ["", ["us-east-1", "us-west-2", "us-east-2"]],
];

/** Two regions other than `region`, as part of a sentence; where there are no two, the one. */
export function otherRegions(region: string): string {
  const proposals = WITH_MOST_MODELS.find(([start]) => region.startsWith(start))?.[1] ?? [];
  return proposals
    .filter((one) => one !== region)
    .slice(0, 2)
    .join(" or ");
}
