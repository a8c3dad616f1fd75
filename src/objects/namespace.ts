/** Whether a binding is a Durable Object namespace; what its objects can do is for the caller to know. */
export function isNamespace<Stub>(
  value: unknown,
): value is { idFromName(name: string): unknown; get(id: unknown): Stub } {
  return (
    typeof value === "object" &&
    value !== null &&
    "idFromName" in value &&
    typeof value.idFromName === "function" &&
    "get" in value &&
    typeof value.get === "function"
  );
}
