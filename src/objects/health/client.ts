/** The binding `HEALTH`: one Durable Object for each model in each region. */
import type { Env } from "../../env.ts";
import type { HealthStore, Report, Summary } from "../../routing/health/report.ts";
import { isNamespace } from "../namespace.ts";

/** What is used of the Durable Object. */
interface Health {
  /**
   * Takes what an isolate has seen since it told last, and gives what all have.
   */
  tell(report: Report): Promise<Summary>;
}

/** Undefined when wrangler.toml does not bind it: isolates then go by what they see themselves. */
export function healthStore(env: Env): HealthStore | undefined {
  const namespace = env.HEALTH;
  if (!isNamespace<Health>(namespace)) return undefined;
  // A stub belongs to the request that asked for it, so each call gets its own.
  const object = (place: string) => namespace.get(namespace.idFromName(place));
  return { tell: async (place, report) => object(place).tell(report) };
}
