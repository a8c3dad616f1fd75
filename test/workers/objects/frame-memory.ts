import type { FrameRow } from "../../../src/objects/frame-log.ts";

/** The rows of a frame log, in memory. */
export function memoryRows() {
  const rows: FrameRow[] = [];
  let reserved = 0;
  let floor = 0;
  const store = {
    reserved: () => reserved,
    reserve: (seq: number) => {
      reserved = seq;
    },
    append: (row: FrameRow) => void rows.push(row),
    rowsFrom: (seq: number, turn?: number) =>
      rows.filter((row) => row.last >= seq && (turn === undefined || row.turn === turn)),
    floor: () => floor,
  };
  const sink = (seq: number) => {
    floor = seq;
  };
  return { rows, store, sink };
}
