/** The binding `LEDGER`: 16 Durable Objects hold the totals of all keys, each those of the keys whose digests begin alike. */
import type { Env } from "../../env.ts";
import { digestName, isNamespace, missingBinding } from "../namespace.ts";
import type { LedgerBatch, LedgerObject, UsageGroup, UsageQuery } from "./ledger-object.ts";
import { plus, plusSums, type Sums } from "./sums.ts";

const SHARDS = "0123456789abcdef";

/** @throws RouterError `binding_missing`; whatever keeps the object from answering. */
export async function tellLedger(env: Env, batch: LedgerBatch): Promise<void> {
  await shardOf(env, await shardName(batch.key)).tell(batch);
}

/**
 * What keys have used, in groups.
 * @throws RouterError `binding_missing`
 */
export async function ledgerUsage(env: Env, query: UsageQuery): Promise<UsageGroup[]> {
  const names = query.key === undefined ? [...SHARDS] : [await shardName(query.key)];
  const found = await Promise.all(names.map((name) => shardOf(env, name).usage(query)));
  const groups = new Map<string, UsageGroup>();
  for (const [names, sums] of found.flat()) {
    const name = JSON.stringify(names);
    groups.set(name, [names, plus(sums, groups.get(name)?.[1] ?? [])]);
  }
  return [...groups.values()];
}

/**
 * All that was ever told, by model and place.
 * @throws RouterError `binding_missing`
 */
export async function ledgerMetrics(env: Env): Promise<ReadonlyMap<string, Sums>> {
  const found = await Promise.all([...SHARDS].map((name) => shardOf(env, name).metrics()));
  const all = new Map<string, Sums>();
  for (const [name, sums] of found.flat()) {
    const known = all.get(name);
    all.set(name, known ? plusSums(known, sums) : sums);
  }
  return all;
}

async function shardName(key: string): Promise<string> {
  return (await digestName(["key", key])).slice(0, 1);
}

function shardOf(env: Env, name: string): LedgerObject {
  const namespace = env.LEDGER;
  if (isNamespace<LedgerObject>(namespace)) return namespace.get(namespace.idFromName(`ledger ${name}`));
  throw missingBinding("The ledger's totals need Durable Objects.", {
    ...{ binding: "LEDGER", className: "Ledger", tag: "v7" },
  });
}
