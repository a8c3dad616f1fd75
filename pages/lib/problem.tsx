import type { ComponentChildren } from "preact";
import type { ApiError } from "./api.ts";

interface ProblemProps {
  readonly id?: string;
  readonly error: ApiError;
  /** What to do about it, where the message does not say so. */
  readonly advice?: string;
  readonly children?: ComponentChildren;
}

/** An error with its code, its message, what to do, and what finds it in the router's log. */
export function Problem({ id, error, advice = "", children }: ProblemProps) {
  const { code, message, status, requestId, param, attempts } = error;
  const facts = [
    status === undefined ? undefined : `HTTP ${status}`,
    attempts === undefined ? undefined : `${attempts} ${attempts === 1 ? "attempt" : "attempts"}`,
    param === undefined ? undefined : `field ${param}`,
    requestId === undefined ? undefined : `request ${requestId}`,
  ].filter((fact) => fact !== undefined);
  return (
    <div id={id} class="error" role="alert">
      <p class="error-code">
        <code>{code}</code>
      </p>
      <p>{message}</p>
      {advice !== "" && <p class="advice">{advice}</p>}
      {facts.length > 0 && <p class="small facts">{facts.join(" · ")}</p>}
      {children}
    </div>
  );
}
