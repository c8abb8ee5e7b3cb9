/** The button beside a command. */
import { say } from './live-line.ts';

const SHOWN_MS = 2000;

export function startCopying(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button.copy')) {
    const code = button.parentElement?.querySelector('code');
    if (code === null || code === undefined) continue;
    button.hidden = false;
    button.addEventListener('click', async () => {
      const isCopied = await copy(code);
      const answer = isCopied ? 'Copied' : 'Selected: press Ctrl+C';
      button.textContent = answer;
      say(answer);
      setTimeout(() => {
        button.textContent = 'Copy';
      }, SHOWN_MS);
    });
  }
}

/** The clipboard is for secure pages alone; a selection can be copied anywhere, by hand at the worst. */
async function copy(code: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(code.textContent ?? '');
    return true;
  } catch {
    getSelection()?.selectAllChildren(code);
    try {
      return document.execCommand('copy');
    } catch {
      return false;
    }
  }
}
