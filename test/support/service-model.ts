/** Checks JSON against the shapes of Bedrock Runtime's service model, which the conformance vectors hold. */
import cases from "virtual:vectors/.";

interface ShapeDefinition {
  readonly type: string;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, { readonly shape: string; readonly location?: string }>>;
  readonly member?: { readonly shape: string };
  readonly key?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly union?: boolean;
  /** Any JSON. */
  readonly document?: boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly min?: number;
  readonly max?: number;
}

interface ServiceModel {
  readonly shapes: Readonly<Record<string, ShapeDefinition>>;
}

const model = cases.find(({ name }) => name === "bedrock-runtime.service-2")?.json as
  | ServiceModel
  | undefined;

/** False in a clone without the vectors; then everything passes. */
export const hasServiceModel = model !== undefined;

/** Everything in which a JSON value is not what the service model's shape says: one line each, empty if it fits. */
export function serviceViolations(value: unknown, shape: string, path = shape): string[] {
  const definition = model?.shapes[shape];
  if (definition === undefined || definition.document) return [];
  switch (definition.type) {
    case "structure":
      return structureViolations(value, definition, path);
    case "list":
      return listViolations(value, definition, path);
    case "map":
      return mapViolations(value, definition, path);
    case "boolean":
      return typeof value === "boolean" ? [] : [`${path}: no boolean`];
    case "integer":
    case "long":
      return Number.isInteger(value)
        ? rangeViolations(Number(value), definition, path)
        : [`${path}: no integer`];
    case "float":
    case "double":
      return typeof value === "number" ? rangeViolations(value, definition, path) : [`${path}: no number`];
    default:
      return stringViolations(value, definition, path);
  }
}

function structureViolations(
  value: unknown,
  { members = {}, required = [], union }: ShapeDefinition,
  path: string,
) {
  if (!isRecord(value)) return [`${path}: no object`];
  const body = Object.entries(members).filter(([, member]) => member.location === undefined);
  const known = new Map(body.map(([name, member]) => [name, member.shape]));
  const missing = required.filter((name) => known.has(name) && !(name in value));
  const found = Object.entries(value).flatMap(([name, inner]) => {
    const shape = known.get(name);
    return shape === undefined
      ? [`${path}: unknown member ${name}`]
      : serviceViolations(inner, shape, `${path}.${name}`);
  });
  const single = !union || Object.keys(value).length === 1;
  return [
    ...missing.map((name) => `${path}: lacks ${name}`),
    ...found,
    ...(single ? [] : [`${path}: a union of ${Object.keys(value).length}`]),
  ];
}

function listViolations(value: unknown, definition: ShapeDefinition, path: string): string[] {
  const { member } = definition;
  if (!Array.isArray(value) || member === undefined) return [`${path}: no list`];
  return [
    ...rangeViolations(value.length, definition, path),
    ...value.flatMap((entry, index) => serviceViolations(entry, member.shape, `${path}.${index}`)),
  ];
}

function mapViolations(value: unknown, definition: ShapeDefinition, path: string): string[] {
  const { key, value: inner } = definition;
  if (!isRecord(value) || key === undefined || inner === undefined) return [`${path}: no object`];
  return [
    ...rangeViolations(Object.keys(value).length, definition, path),
    ...Object.entries(value).flatMap(([name, entry]) => [
      ...serviceViolations(name, key.shape, `${path} key`),
      ...serviceViolations(entry, inner.shape, `${path}.${name}`),
    ]),
  ];
}

function stringViolations(value: unknown, definition: ShapeDefinition, path: string): string[] {
  if (typeof value !== "string") return [`${path}: no string`];
  const { enum: values, pattern } = definition;
  if (values && !values.includes(value)) return [`${path}: ${value} is none of ${values.join(", ")}`];
  const fits = pattern === undefined || new RegExp(`^(?:${pattern})$`).test(value);
  return [...rangeViolations(value.length, definition, path), ...(fits ? [] : [`${path}: not /${pattern}/`])];
}

function rangeViolations(value: number, { min, max }: ShapeDefinition, path: string): string[] {
  const low = min !== undefined && value < min;
  const high = max !== undefined && value > max;
  return low || high ? [`${path}: ${value} is not in ${min ?? ""}..${max ?? ""}`] : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
