import type { CacheControl } from "../../../chat/request.ts";
import { invalid, isUnset, objectAt, optionalWord } from "../../fields.ts";

/** A prompt cache mark. @throws RouterError `invalid_value` */
export function readCacheControl(value: unknown, param: string): CacheControl | undefined {
  if (isUnset(value)) return undefined;
  const { type, ttl } = objectAt(value, param);
  if (type !== "ephemeral") throw invalid(`${param}.type`, 'expected "ephemeral"');
  const lifetime = optionalWord(ttl, `${param}.ttl`, ["5m", "1h"] as const);
  return { type, ...(lifetime !== undefined && { ttl: lifetime }) };
}
