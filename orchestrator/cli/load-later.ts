/** Long enough for the first guest to be on its way, in milliseconds. */
const LATER_MS = 4000;

/**
 * Loads modules that only the end of a run needs: not before it begins, where they would keep the first guest waiting, and not
 * at its end, when another set-up may have put newer ones in their place. The one that comes out loads them at once.
 */
export function loadLater<T>(load: () => Promise<T>, afterMs = LATER_MS): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  const now = (): Promise<T> => (loaded ??= load());
  // What goes wrong is told to who asks for it.
  const timer = setTimeout(() => void now().catch(() => undefined), afterMs).unref();
  return () => {
    clearTimeout(timer);
    return now();
  };
}
