/** Light, dark, or as the system says. */

const KEY = 'bpbench-theme';
const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const listeners: (() => void)[] = [];

/** `changed` is called after each change of colours, whoever made it. */
export function onThemeChange(changed: () => void): void {
  listeners.push(changed);
}

export function startTheme(): void {
  const button = document.querySelector<HTMLButtonElement>('.theme');
  if (button === null) return;
  let theme: Theme = read();
  const show = (): void => {
    const root = document.documentElement;
    if (theme === 'auto') root.removeAttribute('data-theme');
    else root.setAttribute('data-theme', theme);
    button.textContent = `Theme: ${theme}`;
    for (const changed of listeners) changed();
  };
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
    write(theme);
    show();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
  button.hidden = false;
  show();
}

function read(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto';
  } catch {
    return 'auto'; // A sandboxed page has no storage.
  }
}

function write(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The choice then lasts as long as the page.
  }
}

/** The colour that a CSS variable stands for now, with whatever it refers to resolved. */
export function colorOf(variable: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${variable})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
