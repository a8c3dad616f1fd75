import type { ComponentChildren } from "preact";

/** A table that scrolls by itself where the page is narrow, by keyboard, too. */
export function Table({
  label,
  heads,
  children,
  empty,
}: {
  readonly label: string;
  /** Those of numbers begin with `#`. */
  readonly heads: readonly string[];
  readonly children: readonly ComponentChildren[];
  readonly empty: string;
}) {
  if (children.length === 0) return <p class="muted empty">{empty}</p>;
  return (
    <section class="scroll" aria-label={`Table: ${label}`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col" class={head.startsWith("#") ? "number" : undefined}>
                {head.replace("#", "")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
