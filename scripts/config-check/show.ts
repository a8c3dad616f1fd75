/** An inspection as text for people. */
import type { ReadBinding } from "../../src/env.ts";
import type { Inspection, Model, Summary } from "./inspect.ts";

/**
 * What is wrong, or the summary of a valid configuration. Mentions bindings by name, never by value.
 * @param file How the file is named to the reader.
 */
export function show(file: string, inspection: Inspection, binding: ReadBinding): string {
  const { problems, warnings, summary } = inspection;
  const lines =
    problems.length > 0
      ? [`${file} has ${counted(problems.length, "problem")}:`, ...problems.map((line) => `- ${line}`)]
      : [`${file} is valid.`];
  if (summary !== undefined) lines.push("", ...summaryLines(summary, binding));
  const warned = warnings.map((line) => `- ${line}`);
  if (warned.length > 0) lines.push("", `${counted(warned.length, "warning")}:`, ...warned);
  return lines.join("\n");
}

function summaryLines(summary: Summary, binding: ReadBinding): string[] {
  const { strategy, models, router_model, fallback_models, needs, unset } = summary;
  const weights = new Set(models.map(({ weight }) => weight));
  const shown = models.map((model) => modelRow(model, weights.size > 1 ? `weight ${model.weight}` : ""));
  const lines = [`Strategy: ${strategy}`, "Models:", ...table(shown)];
  if (router_model) lines.push(`Router model: ${routerModel(router_model, models)}`);
  if (fallback_models.length > 0) lines.push(`Fallbacks: ${fallback_models.join(", ")}`);
  const rows = needs.map(({ met, any_of, ...need }) => [
    met ? "ok" : "missing",
    any_of.map((names) => names.map((name) => state(name, binding)).join(" and ")).join(", or "),
    `for ${need.for.join(", ")}`,
  ]);
  lines.push("Needs, in .dev.vars or the environment here:", ...table(rows));
  const missing = needs.filter(({ met }) => !met).flatMap(({ any_of }) => any_of[0] ?? []);
  const first = missing.find((name) => unset.includes(name));
  if (first !== undefined) {
    lines.push("", `The deployed router has its own: npx wrangler secret put ${first}, and so on.`);
  }
  return lines;
}

function routerModel(model: Model, models: readonly Model[]): string {
  if (models.some(({ name }) => name === model.name)) return model.name;
  return modelRow(model, "")
    .slice(1)
    .filter((cell) => cell !== "")
    .join(", ");
}

function modelRow({ name, provider, model, family, regions, base_url }: Model, weight: string): string[] {
  const where = family === undefined ? (base_url ?? "base_url from a binding") : (regions ?? []).join(", ");
  return [name, provider, family ?? "", model, where, weight];
}

function state(name: string, binding: ReadBinding): string {
  return `${name} (${binding(name) === undefined ? "unset" : "set"})`;
}

/** Rows with columns of equal width; columns without any text go. */
function table(rows: readonly (readonly string[])[]): string[] {
  const columns = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) => {
    const cells = row.flatMap((cell, column) => (columns[column] ? [cell.padEnd(columns[column])] : []));
    return `  ${cells.join("  ")}`.trimEnd();
  });
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
