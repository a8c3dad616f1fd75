/** An AbortController that is aborted with the signal, and at once when the signal was aborted before: then no event comes. */
export function linkedAbort(signal: AbortSignal): AbortController {
  const abort = new AbortController();
  const leave = () => abort.abort(signal.reason);
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
  return abort;
}
