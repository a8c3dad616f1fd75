/** The tables of keys in docs/configuration.md. */
import type { Generated } from "../generate.ts";
import { TABLES } from "./config/tables.ts";

/** A part for each table. */
export function generated(): Generated[] {
  return Object.entries(TABLES).map(([part, table]) => ({
    path: "docs/configuration.md",
    part,
    content: table(),
  }));
}
