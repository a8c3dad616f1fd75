/** Lists of a request whose elements are looked at one by one. */
import * as z from "zod/mini";
import { deepestIssue } from "./issues.ts";

/**
 * An array that is checked up to its first wrong element: zod's own has a complaint of each, which of 8 MiB of zeros are
 * 800 MiB.
 * @param least How many elements it has to have.
 */
export function list<T>(element: z.ZodMiniType<T>, least = 0) {
  return z.pipe(
    z.array(z.unknown()).check(z.minLength(least)),
    z.transform((values: unknown[], context): T[] => {
      const elements: T[] = [];
      for (const [index, value] of values.entries()) {
        const result = element.safeParse(value);
        if (result.success) {
          elements.push(result.data);
          continue;
        }
        const { path = [], text = "" } = deepestIssue(result.error.issues) ?? {};
        context.issues.push({ code: "custom", message: text, path: [index, ...path], input: value });
        return z.NEVER;
      }
      return elements;
    }),
  );
}
