/**
 * Ids of stored responses and their items. They tell in which object they are kept, so that an id alone finds its item:
 * `resp_<chain>_<number>`, `msg_<chain>_<number>_<item>`; at most 64 characters.
 */

export interface ResponseId {
  /** 128 random bits, as 32 hex digits. */
  readonly chain: string;
  readonly number: number;
}

export interface ItemId extends ResponseId {
  readonly item: number;
}

const RESPONSE = /^resp_([0-9a-f]{32})_(\d{1,6})$/;
const ITEM = /^(?:msg|rs|fc|ctc)_([0-9a-f]{32})_(\d{1,6})_(\d{1,6})$/;

/** @returns undefined for what is no id of this router's */
export function responseId(text: string): ResponseId | undefined {
  const [, chain, number] = RESPONSE.exec(text) ?? [];
  return chain === undefined ? undefined : { chain, number: Number(number) };
}

/** @returns undefined for what is no id of this router's */
export function itemId(text: string): ItemId | undefined {
  const [, chain, number, item] = ITEM.exec(text) ?? [];
  return chain === undefined ? undefined : { chain, number: Number(number), item: Number(item) };
}

/** The part that a response and its items share. */
export function answerId({ chain, number }: ResponseId): string {
  return `${chain}_${number}`;
}

export function newChain(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
