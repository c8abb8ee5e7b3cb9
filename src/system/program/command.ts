/** What is really run for a program of the settings. */
import { fileURLToPath } from 'node:url';
import type { ProgramSettings } from '../../core/plan.ts';

/** The word for the built-in program, which prints lines at a rate: see `chatter.ts` for what it takes. */
export const CHATTER = 'chatter';

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const CHATTER_FILE = fileURLToPath(new URL(`./chatter.${EXTENSION}`, import.meta.url));

/** The settings as they are, but for {@link CHATTER}; a program of that name is reached by its path. */
export function findCommand({ command, args }: ProgramSettings): ProgramSettings {
  if (command !== CHATTER) return { command, args };
  return { command: process.execPath, args: [CHATTER_FILE, ...args] };
}
