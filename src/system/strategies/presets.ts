/** Compositions with a name. Each is a text that anybody could type; a part alone needs no preset. */
import { findDefinition } from './registry.ts';

export interface Preset {
  readonly name: string;
  readonly summary: string;
  /** What it stands for, as for `--strategy`. */
  readonly text: string;
}

export const PRESETS: readonly Preset[] = [
  {
    name: 'baseline-sync',
    summary: 'the producer does the waiting itself: a queue of one, nothing in between',
    text: 'block,capacity=1',
  },
  {
    name: 'priority-evict',
    summary: 'when full, the least important item goes first; a critical one goes last',
    text: 'evict-lowest-priority',
  },
  {
    name: 'reserve20',
    summary: 'the last fifth of the queue is kept for what matters',
    text: 'reserve,reserve=20%',
  },
  {
    name: 'adaptive-lifo+codel-service',
    summary: 'under overload the newest first, and what waited too long is dropped',
    text: 'drop-oldest + adaptive-lifo + codel-service',
  },
  {
    name: 'evict-longest+fq-codel',
    summary: 'many clients, one server: each has its turn, and only the greedy lose',
    text: 'evict-longest + fq-codel',
  },
  {
    name: 'relay+disconnect-soft',
    summary: 'a second queue takes bursts; who stays behind for five seconds is let go',
    text: 'relay + drop-newest + disconnect-soft,soft=64KiB,for=5s',
  },
  {
    name: 'gradient2+deadline',
    summary: 'admit what can be served in time: a limit that follows latency, and a deadline',
    text: 'gradient2 + deadline + drop-newest',
  },
  {
    name: 'block+ttl',
    summary: 'producers wait for room, and what is older than five seconds is dropped',
    text: 'block + ttl',
  },
];

const BY_NAME = new Map(PRESETS.map((preset) => [preset.name, preset]));

/** The preset with this name; a part of the same name goes first. */
export function findPreset(name: string): Preset | undefined {
  return findDefinition(name) === undefined ? BY_NAME.get(name) : undefined;
}

/** The preset whose name a text is but for blanks around +, where it means something else; see `splitStages`. */
export function findPresetLikeness(text: string): Preset | undefined {
  const name = text.trim().replaceAll(/\s*\+\s*/g, '+');
  const preset = name === text.trim() ? undefined : findPreset(name);
  return preset === undefined || nameless(preset.text) === name ? undefined : preset;
}

function nameless(text: string): string {
  return text.replaceAll(/\s*\+\s*/g, '+');
}

export const PRESET_NAMES: readonly string[] = PRESETS.map(({ name }) => name);
