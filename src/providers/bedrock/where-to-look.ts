/** What to look at when Bedrock cannot be reached. */
import type { CallPlace } from "./exceptions.ts";
import { MODEL_REGIONS, otherRegions } from "./regions.ts";

/** A region that does not exist has no host, or Bedrock has none there. */
export function whereToLook({ name, region }: CallPlace): string {
  return `that llms.${name}.aws_region is a region with Bedrock, for example ${otherRegions(region)} (${MODEL_REGIONS}), and base_url or AWS_ENDPOINT_URL_BEDROCK_RUNTIME where they are set`;
}
