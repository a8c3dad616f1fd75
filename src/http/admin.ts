/** Who may look after the keys: `ROUTER_ADMIN_KEY`, compared in constant time; without it there is no admin API. */
import type { ReadBinding } from "../env.ts";
import { RouterError } from "../errors.ts";
import { isSameKey, requestKey } from "./auth.ts";

const LEAST_CHARS = 16;

/** Whether there is an admin API. */
export function hasAdmin(binding: ReadBinding): boolean {
  return binding("ROUTER_ADMIN_KEY") !== undefined;
}

/** @throws RouterError `invalid_api_key`; `config_invalid` for a key that can be guessed. */
export async function authenticateAdmin({ headers }: Request, binding: ReadBinding): Promise<void> {
  const admin = binding("ROUTER_ADMIN_KEY") ?? "";
  if (admin.length < LEAST_CHARS) {
    throw new RouterError(
      "config_invalid",
      `ROUTER_ADMIN_KEY needs at least ${LEAST_CHARS} characters: openssl rand -hex 24 | npx wrangler secret put ROUTER_ADMIN_KEY`,
    );
  }
  if (await isSameKey(requestKey(headers) ?? "", admin)) return;
  throw new RouterError(
    "invalid_api_key",
    "This needs the router's admin key: Authorization: Bearer with the value of ROUTER_ADMIN_KEY.",
  );
}

/** Whether a request that may come with a client key comes with the admin's. */
export async function isAdmin({ headers }: Request, binding: ReadBinding): Promise<boolean> {
  const admin = binding("ROUTER_ADMIN_KEY") ?? "";
  return admin.length >= LEAST_CHARS && (await isSameKey(requestKey(headers) ?? "", admin));
}
