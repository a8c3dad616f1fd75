/** The table of the pages, which `scripts/container.ts` makes and the front reads. */

/** A file of the pages. */
export interface PageFile {
  /** Below the folder of the pages. */
  readonly file: string;
  readonly type: string;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The pages by their path, and the paths that lead to another one, as `html_handling = "auto-trailing-slash"` has it. */
export interface Pages {
  readonly files: Readonly<Record<string, PageFile>>;
  readonly redirects: Readonly<Record<string, string>>;
}
