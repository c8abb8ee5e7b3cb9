/**
 * A system in a process of its own, before the origin of `argv[2]` (JSON: `originUrl`, `settings`). Sends its
 * addresses, then a reading for each message. Needs --expose-gc.
 */
import { type StartOptions, startSystem } from '../../helpers/system.ts';

export interface Reading {
  readonly tasks: Record<string, number>;
  /** Of `process.getActiveResourcesInfo()`, by kind. */
  readonly resources: Record<string, number>;
  /** Connections to upstream servers that wait to be used again. */
  readonly idleUpstream: number;
  readonly openClients: number;
  readonly heapUsedBytes: number;
  readonly rssBytes: number;
  readonly unaccounted: number;
  /** Client connections by termination code, over both proxies. */
  readonly codes: Record<string, number>;
  readonly incidents: readonly string[];
}

const gc = globalThis.gc as () => void;
const incidents: string[] = [];
process.on('warning', (warning) => incidents.push(String(warning.stack)));
process.on('unhandledRejection', (reason) => incidents.push(`unhandled rejection: ${reason}`));

const running = await startSystem(JSON.parse(process.argv[2] as string) as StartOptions);

function read(isExact: boolean): Reading {
  if (isExact) {
    gc();
    gc();
  }
  const { tasks, terminations, upstream, boundaries } = running.system.sample();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const memory = process.memoryUsage();
  const codes: Record<string, number> = {};
  for (const proxy of ['reverse', 'forward'] as const)
    for (const [code, count] of Object.entries(terminations?.[proxy].codes ?? {}))
      codes[code] = (codes[code] ?? 0) + count;
  return {
    tasks: { ...tasks.byKind },
    resources,
    idleUpstream: (upstream?.reverse.idle ?? 0) + (upstream?.forward.idle ?? 0),
    openClients: (terminations?.reverse.open ?? 0) + (terminations?.forward.open ?? 0),
    heapUsedBytes: memory.heapUsed,
    rssBytes: memory.rss,
    unaccounted: Object.values(boundaries).reduce((sum, { ledger }) => sum + Math.abs(ledger.unaccounted), 0),
    codes,
    incidents,
  };
}

process.on('message', (message: 'exact' | 'quick') => {
  if (process.connected) process.send?.(read(message === 'exact'), undefined, {}, () => {}); // the parent may leave at any moment
});
process.once('disconnect', () => process.exit());
process.send?.(running.addresses);
