import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import type { Seat } from "../../routing/session/seat.ts";

const SEAT = "seat";
/** After the last time that somebody told it. */
const KEPT_MS = 3_600_000;

/** Where one session has moved to, for `router.sticky: session`: asked by isolates that do not know it. Nothing is kept of others. */
export class StickySession extends DurableObject<Env> {
  find(): Seat | undefined {
    return this.ctx.storage.kv.get<Seat>(SEAT);
  }

  async keep(seat: Seat): Promise<void> {
    this.ctx.storage.kv.put(SEAT, seat);
    await this.ctx.storage.setAlarm(Date.now() + KEPT_MS);
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }
}
