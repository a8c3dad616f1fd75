/** What the upstream tells of the streams whose requests carried a tag, by their tags. */
export type UpstreamStats = Readonly<Record<string, StreamStats>>;

export interface StreamStats {
  /** Frames sent so far. */
  readonly sent: number;
  /** Whether all were. */
  readonly finished: boolean;
  /** When each text event of a paced stream was sent, in milliseconds of {@link nowMs}. */
  readonly times: readonly number[];
}

/** What a user's message says to have its stream counted; letters, digits and hyphens. */
export function tagMessage(tag: string): { readonly role: "user"; readonly content: string } {
  return { role: "user", content: `stream tag ${tag}.` };
}

/** The tag in a request's body. */
export function tagOf(body: string): string | undefined {
  return /stream tag ([\w-]+)\./.exec(body)?.[1];
}

/** Milliseconds of a clock that all threads and processes of the machine share. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
