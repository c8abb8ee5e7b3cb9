/** The one line that screen readers read aloud when it changes. */

export function say(text: string): void {
  const line = document.querySelector('#live');
  if (line !== null) line.textContent = text;
}
