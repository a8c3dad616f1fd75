/** An icon of 20 by 20, drawn with lines. @param d As in an SVG path */
export function Icon({ d }: { readonly d: string }) {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <path d={d} />
    </svg>
  );
}

export const CROSS = "m5 5 10 10M15 5 5 15";
