/**
 * Hono's routes, found by the whole path where it has no parameter. Hono's own routers make a regular expression of each of a
 * hundred paths while an isolate starts, and the smallest of them tries all of them for every request.
 */
import type { Params, Result, Router } from "hono/router";

const NONE: Params = {};

/** A path with parameters: `:name`, one segment, or `:name{.+}`, the rest. */
interface Pattern<T> {
  /** What stands before the first parameter. */
  readonly start: string;
  readonly path: string;
  /** Made when a path first begins like this one. */
  expression: RegExp | undefined;
  readonly handler: T;
}

/** Every handler is for all methods. Whole paths come before those with parameters, and these in the order of their adding. */
export class PathRouter<T> implements Router<T> {
  readonly name = "PathRouter";
  readonly #everywhere: [T, Params][] = [];
  readonly #whole = new Map<string, T>();
  readonly #patterns: Pattern<T>[] = [];

  /** @param path `/*`, or a path that has one handler. */
  add(_method: string, path: string, handler: T): void {
    const parameter = path.indexOf(":");
    if (path === "/*") this.#everywhere.push([handler, NONE]);
    else if (parameter < 0) this.#whole.set(path, handler);
    else this.#patterns.push({ start: path.slice(0, parameter), path, expression: undefined, handler });
  }

  /** What is to be run for a path: what is for every path, and what is for this one. */
  match(_method: string, path: string): Result<T> {
    const whole = this.#whole.get(path);
    if (whole !== undefined) return [[...this.#everywhere, [whole, NONE]]];
    for (const pattern of this.#patterns) {
      if (!path.startsWith(pattern.start)) continue;
      pattern.expression ??= expressionOf(pattern.path);
      const found = pattern.expression.exec(path);
      if (found) return [[...this.#everywhere, [pattern.handler, found.groups ?? NONE]]];
    }
    return [this.#everywhere];
  }
}

/** Between its parameters a path has letters, underscores and slashes. */
function expressionOf(path: string): RegExp {
  const source = path.replace(
    /:(\w+)(?:\{([^}]+)\})?/g,
    (_, name: string, values = "[^/]+") => `(?<${name}>${values})`,
  );
  return new RegExp(`^${source}$`);
}
