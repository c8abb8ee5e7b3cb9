/** A signal that knows how many listeners it has. */
export function countListeners(): { abort: AbortController; signal: AbortSignal; live: () => number } {
  const abort = new AbortController();
  const { signal } = abort;
  let count = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count--;
    remove(...args);
  };
  return { abort, signal, live: () => count };
}
