/** `/admin/keys`: makes, lists, changes, rotates and revokes clients' keys while the router runs. */
import { EACH, limitsBody, ROUTER } from "../../config/limits-body.ts";
import type { Endpoint } from "../../http/context.ts";
import type { AppContext } from "../../http/context.ts";
import { clientKeys } from "../../http/client-keys.ts";
import { readJson } from "../../http/body.ts";
import { RouterError } from "../../errors.ts";
import { isObject, type JsonObject } from "../../lib/json.ts";
import type { ListedKey } from "../../objects/key/made-key.ts";
import { madeKeys, type NewKey } from "../../objects/key/made.ts";
import { limitsReader } from "../../services.ts";
import { limitOf, wrong } from "./query.ts";

const PATH = "/admin/keys";
const ONE = `${PATH}/:id`;
const MAX_BODY_BYTES = 65_536;
const MOST_KEEP_S = 7 * 86_400;
const NAME = /^[A-Za-z0-9._-]{1,64}$/;
/** https://developers.cloudflare.com/durable-objects/reference/data-location/#supported-locations-1 */
const LOCATIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;

export const keys: readonly Endpoint[] = [
  { method: "POST", path: PATH, access: "admin", handle: create },
  { method: "GET", path: PATH, access: "admin", handle: list },
  {
    method: "GET",
    path: ONE,
    access: "admin",
    handle: async (c) => c.json(shown(await madeKeys(c.env).get(idOf(c)))),
  },
  {
    method: "PATCH",
    path: ONE,
    access: "admin",
    async handle(c) {
      const keys = madeKeys(c.env);
      const { limits } = await keys.get(idOf(c));
      const changed = await limitsIn({ ...limitsBody(limits), ...(await bodyOf(c)) });
      return c.json(shown(await keys.change(idOf(c), changed)));
    },
  },
  {
    method: "DELETE",
    path: ONE,
    access: "admin",
    async handle(c) {
      const { listed, removed } = await madeKeys(c.env).revoke(idOf(c));
      return c.json({ ...shown(listed), removed });
    },
  },
  {
    method: "POST",
    path: `${ONE}/rotate`,
    access: "admin",
    async handle(c) {
      const { keep_old_s: keep = 0, ...rest } = await bodyOf(c, true);
      const [unknown] = Object.keys(rest);
      if (unknown !== undefined) throw wrong(unknown, "rotating takes keep_old_s and nothing else.");
      if (typeof keep !== "number" || !Number.isInteger(keep) || keep < 0 || keep > MOST_KEEP_S) {
        throw wrong("keep_old_s", `expected whole seconds from 0 to ${MOST_KEEP_S}.`);
      }
      return c.json(shownOnce(await madeKeys(c.env).rotate(idOf(c), keep * 1000)));
    },
  },
];

async function create(c: AppContext): Promise<Response> {
  const { name, location, ...limits } = await bodyOf(c);
  if (typeof name !== "string" || !NAME.test(name) || /^[0-9a-f]{12}$/i.test(name)) {
    throw wrong(
      "name",
      "expected 1 to 64 letters, digits, dots, hyphens and underscores, and not 12 hex digits.",
    );
  }
  if (["local", "public", EACH, ROUTER].includes(name)) throw wrong("name", `${name} is the router's own.`);
  const written = await clientKeys(c.get("binding"));
  if (written.keys.some((key) => key.name === name)) {
    throw wrong("name", `a key of ROUTER_API_KEYS is called ${name}.`);
  }
  const place = LOCATIONS.find((known) => known === location);
  if (location !== undefined && place === undefined) {
    throw wrong("location", `expected one of ${LOCATIONS.join(", ")}.`);
  }
  const made = await madeKeys(c.env).create({ name, limits: await limitsIn(limits), location: place });
  return c.json(shownOnce(made), 201);
}

async function list(c: AppContext): Promise<Response> {
  const most = limitOf(c);
  const found = await madeKeys(c.env).list(c.req.query("after") ?? "", most + 1);
  const data = found.slice(0, most).map(shown);
  return c.json({ object: "list", data, has_more: found.length > most, last_id: data.at(-1)?.id ?? null });
}

function idOf(c: AppContext): string {
  return c.req.param("id") ?? "";
}

async function bodyOf(c: AppContext, optional = false): Promise<JsonObject> {
  if (optional && c.req.raw.body === null) return {};
  const { value } = await readJson(c.req.raw, MAX_BODY_BYTES, c.get("hold"));
  if (!isObject(value)) throw new RouterError("invalid_json", "Send a JSON object.");
  return value;
}

async function limitsIn(body: JsonObject) {
  const readLimits = await limitsReader();
  const read = readLimits(body);
  if (read.kind === "limits") return read.limits;
  throw wrong(read.param, read.text);
}

function shown({ id, name, limits, createdAt, rotatedAt, revokedAt, location }: ListedKey) {
  const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  return {
    ...{ object: "key", id, name, status: statusOf(limits, revokedAt), ...limitsBody(limits) },
    ...{ location: location ?? null, created_at: time(createdAt), rotated_at: time(rotatedAt) },
    revoked_at: time(revokedAt),
  };
}

function statusOf({ disabled, expires }: ListedKey["limits"], revokedAt: number | undefined): string {
  if (revokedAt !== undefined) return "revoked";
  if (disabled) return "disabled";
  return expires !== undefined && expires <= Date.now() ? "expired" : "active";
}

function shownOnce({ listed, key }: NewKey) {
  return { ...shown(listed), key };
}
