/** Counts the text events of an answer as its bytes arrive. */

/** How many text events became whole with these bytes. */
type Counter = (bytes: Buffer) => number;

/** Of the router's server-sent events. */
export function sseCounter(): Counter {
  let rest = "";
  return (bytes) => {
    const events = (rest + bytes.toString()).split("\n\n");
    rest = events.pop() ?? "";
    // The first chunk has `"content":""`.
    return events.filter((event) => event.includes('"content":"') && !event.includes('"role"')).length;
  };
}

const TEXT_DELTA = "content_block_delta";

/** Of Bedrock's event stream. */
export function frameCounter(): Counter {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    let count = 0;
    while (rest.length >= 4 && rest.length >= rest.readUInt32BE(0)) {
      const length = rest.readUInt32BE(0);
      const json = /"bytes":"([^"]*)"/.exec(rest.toString("latin1", 0, length))?.[1] ?? "";
      if (Buffer.from(json, "base64").includes(TEXT_DELTA)) count++;
      rest = rest.subarray(length);
    }
    return count;
  };
}
