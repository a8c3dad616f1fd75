/** The conversations of this tab: in its session storage, bounded, gone with the tab. */
import { signal } from "@preact/signals";
import { type JsonObject, objectOf, objectsOf, parseJson, textOf } from "../../lib/json.ts";
import { stored } from "../storage.ts";
import { itemFrom, keptItem } from "./kept.ts";
import type { Item } from "./thread.ts";

/** Of one conversation, for a list. */
export interface Kept {
  readonly id: string;
  readonly title: string;
}

const MAX_CONVERSATIONS = 20;
/** Browsers give a tab about 5 million. */
const MAX_CHARS = 2_000_000;
const TITLE_CHARS = 60;

interface Entry extends Kept {
  readonly items: readonly JsonObject[];
  /** So long as JSON. */
  readonly chars: number;
}

const slot = stored(() => sessionStorage, "playground.conversations");

/** What is over the bounds goes: the oldest conversations, then the files of the newest. */
export class Conversations {
  readonly #entries = signal<readonly Entry[]>([]);
  readonly #current = signal<string | undefined>(undefined);

  constructor() {
    const { current, list } = objectOf(parseJson(slot.get()));
    this.#entries.value = objectsOf(list).slice(0, MAX_CONVERSATIONS).flatMap(entryFrom);
    this.#current.value = textOf(current);
  }

  /** The conversation that was open last; undefined where a new one had been begun. */
  get current(): string | undefined {
    return this.#current.value;
  }

  /** Newest first. */
  get list(): readonly Kept[] {
    return this.#entries.value;
  }

  /** The items of a conversation; none where it is not kept. */
  items(id: string): Item[] {
    const entry = this.#entries.value.find((one) => one.id === id);
    return entry?.items.flatMap((item) => itemFrom(item) ?? []) ?? [];
  }

  /** Keeps a conversation as it is now, and as the newest. */
  save(id: string, items: readonly Item[]): void {
    const entry = bounded(id, items);
    const others = this.#entries.value.filter((one) => one.id !== id);
    this.#entries.value = withinBounds(entry ? [entry, ...others] : others);
    this.#write();
  }

  /** Remembers which conversation is open. */
  open(id: string | undefined): void {
    this.#current.value = id;
    this.#write();
  }

  remove(id: string): void {
    this.#entries.value = this.#entries.value.filter((one) => one.id !== id);
    this.#write();
  }

  #write(): void {
    const list = this.#entries.value.map(({ id, title, items }) => ({ id, title, items }));
    slot.set(JSON.stringify({ current: this.current, list }));
  }
}

function entryFrom(kept: JsonObject): Entry[] {
  const id = textOf(kept.id);
  const items = objectsOf(kept.items);
  if (id === undefined || items.length === 0) return [];
  return [{ id, title: textOf(kept.title) ?? "", items, chars: JSON.stringify(items).length }];
}

function bounded(id: string, items: readonly Item[]): Entry | undefined {
  const whole = entryOf(id, items);
  if (whole === undefined || whole.chars <= MAX_CHARS) return whole;
  const bare = entryOf(
    id,
    items.map((item) => (item.kind === "user" ? { ...item, files: [], lost: item.files.length } : item)),
  );
  return bare && bare.chars <= MAX_CHARS ? bare : undefined;
}

function entryOf(id: string, items: readonly Item[]): Entry | undefined {
  const first = items.find((item) => item.kind === "user");
  if (first?.kind !== "user") return undefined;
  const kept = items.map(keptItem);
  const title = first.text.trim().replaceAll(/\s+/g, " ").slice(0, TITLE_CHARS);
  const files = first.files.map(({ name }) => name).join(", ");
  return { id, title: title || files || "Files", items: kept, chars: JSON.stringify(kept).length };
}

function withinBounds(entries: readonly Entry[]): Entry[] {
  let chars = 0;
  return entries.slice(0, MAX_CONVERSATIONS).filter((entry) => {
    chars += entry.chars;
    return chars <= MAX_CHARS;
  });
}
