/**
 * The `tool_calls` of a chat completion, put together from their fragments. Servers differ in what a fragment repeats:
 * the index may be missing, or 0 for every call; the id may come again or only once; the arguments may be an object.
 */
import { asCount, asObject, asText } from "../../../lib/json.ts";

/** Announces a call and gives the way to write its arguments. An empty id means that the model gave none. */
export type OpenCall = (id: string, name: string) => (text: string) => void;

export interface ToolCallReader {
  /** Takes a `tool_calls` member of a delta or a message. */
  push(toolCalls: unknown): void;
  /** The answer has ended: a call without arguments gets `{}`. */
  close(): void;
}

interface Call {
  id: string;
  name: string;
  /** Arguments that came before the name. */
  early: string;
  wrote: boolean;
  write: ((text: string) => void) | undefined;
}

/** Reads the calls of one answer; `open` is called once for each, in the order in which their names arrive. */
export function toolCallReader(open: OpenCall): ToolCallReader {
  const calls: Call[] = [];
  const byIndex = new Map<number, Call>();

  const callOf = (index: number | undefined, id: string, name: string): Call => {
    const known = index === undefined ? knownCall(calls, id, name) : byIndex.get(index);
    // Another id with another name is another call, whatever the index says.
    if (known !== undefined && (id === "" || name === "" || known.id === "" || known.id === id)) return known;
    const call: Call = { id, name: "", early: "", wrote: false, write: undefined };
    calls.push(call);
    if (index !== undefined) byIndex.set(index, call);
    return call;
  };
  const read = (fragment: unknown): void => {
    const { index, id, function: definition } = asObject(fragment) ?? {};
    const { name, arguments: args } = asObject(definition) ?? {};
    const call = callOf(asCount(index), asText(id), asText(name));
    call.id ||= asText(id);
    call.name ||= asText(name);
    call.early += argumentsText(args);
    if (call.name === "") return;
    call.write ??= open(call.id, call.name);
    if (call.early === "") return;
    call.write(call.early);
    call.early = "";
    call.wrote = true;
  };
  return {
    push(toolCalls) {
      if (Array.isArray(toolCalls)) toolCalls.forEach(read);
    },
    close() {
      for (const call of calls) if (!call.wrote) call.write?.("{}");
    },
  };
}

/** Without an index the id tells the call; a fragment with neither id nor name goes on with the last one. */
function knownCall(calls: readonly Call[], id: string, name: string): Call | undefined {
  if (id !== "") return calls.find((call) => call.id === id);
  return name === "" ? calls.at(-1) : undefined;
}

function argumentsText(value: unknown): string {
  return asObject(value) === undefined ? asText(value) : JSON.stringify(value);
}
