import { type ApiError, adviceFor } from "../api/error.ts";
import { h } from "./dom.ts";

/** An error with its code, its message, what to do, and what finds it in the router's log. */
export function problemView(error: ApiError, onKey: () => void): HTMLElement {
  const { code, message, status, requestId, param, attempts } = error;
  const facts = [
    status === undefined ? undefined : `HTTP ${status}`,
    attempts === undefined ? undefined : `${attempts} ${attempts === 1 ? "attempt" : "attempts"}`,
    param === undefined ? undefined : `field ${param}`,
    requestId === undefined ? undefined : `request ${requestId}`,
  ].filter((fact) => fact !== undefined);
  const advice = adviceFor(error);
  return h(
    "div",
    { class: "error", role: "alert" },
    h("p", { class: "error-code" }, h("code", {}, code)),
    h("p", {}, message),
    advice === "" ? undefined : h("p", { class: "advice" }, advice),
    facts.length === 0 ? undefined : h("p", { class: "small facts" }, facts.join(" · ")),
    code === "invalid_api_key"
      ? h("button", { type: "button", class: "plain", onclick: onKey }, "Change key")
      : undefined,
  );
}
