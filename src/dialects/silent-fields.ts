/** What the dialects' tables of fields share: values that ask for nothing, and what to do instead of what a model cannot do. */

/** Whether it is one of these. */
export const is =
  (...values: unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);

/** Whether it is an object or a list with nothing in it. */
export const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

export const OTHER_MODEL = "Leave it out or use another model.";
export const NO_TOOLS = "This model has no tools. Use another model.";
