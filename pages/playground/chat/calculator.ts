/** Arithmetic without `eval`, which the page's content security policy forbids, and rightly. */

const TOKEN = /\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+|\*\*|[-+*/%^()])/iy;

/**
 * The value of an expression of numbers, `+ - * / % ^ **` and brackets; powers bind to the right.
 * @throws Error that says where it is not understood, or that the result is no number
 */
export function calculate(expression: string): number {
  const tokens = tokensOf(expression.replaceAll("×", "*").replaceAll("÷", "/").replaceAll("−", "-"));
  let at = 0;
  const take = (...wanted: string[]): string | undefined => {
    const token = tokens[at];
    if (token === undefined || !wanted.includes(token)) return undefined;
    at += 1;
    return token;
  };

  const sum = (): number => {
    let value = product();
    for (let sign = take("+", "-"); sign; sign = take("+", "-"))
      value = sign === "+" ? value + product() : value - product();
    return value;
  };
  const product = (): number => {
    let value = signed();
    for (let sign = take("*", "/", "%"); sign; sign = take("*", "/", "%")) {
      const other = signed();
      value = sign === "*" ? value * other : sign === "/" ? value / other : value % other;
    }
    return value;
  };
  const signed = (): number => (take("-") ? -signed() : take("+") ? signed() : power());
  const power = (): number => {
    const base = atom();
    return take("^", "**") ? base ** signed() : base;
  };
  const atom = (): number => {
    if (take("(")) {
      const value = sum();
      if (!take(")")) throw new Error("A bracket is not closed.");
      return value;
    }
    const value = Number(tokens[at++] ?? Number.NaN);
    if (Number.isNaN(value)) throw new Error("A number is missing.");
    return value;
  };

  const value = sum();
  if (at < tokens.length) throw new Error(`“${tokens[at]}” is not expected there.`);
  if (!Number.isFinite(value)) throw new Error("The result is not a number.");
  return value;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const trimmed = text.trim();
  TOKEN.lastIndex = 0;
  for (let at = 0; at < trimmed.length; at = TOKEN.lastIndex) {
    const token = TOKEN.exec(trimmed)?.[1];
    if (token === undefined) throw new Error(`“${trimmed.slice(at, at + 12)}” is not understood.`);
    tokens.push(token);
  }
  return tokens;
}
