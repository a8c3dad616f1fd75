import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import type { Report, Summary } from "../../routing/health/report.ts";
import { healthWindow } from "../../routing/health/window.ts";

/**
 * How quick and how well one model in one region is, as all isolates have seen it. In memory alone: what is lost with that was
 * of the last minutes, and is measured again.
 */
export class PlaceHealth extends DurableObject<Env> {
  readonly #window = healthWindow();

  tell(report: Report): Summary {
    return this.#window.tell(report, Date.now());
  }
}
