/** What waits for the observer, where its strategy makes it wait. */

/** Goes on once the observer has been told, also where its strategy throws: that is counted at its queue. */
export function afterTelling(tell: () => undefined | Promise<void>, goOn: () => void): void {
  let told: undefined | Promise<void>;
  try {
    told = tell();
  } catch {
    told = undefined;
  }
  if (told === undefined) goOn();
  else void told.then(goOn, goOn);
}
