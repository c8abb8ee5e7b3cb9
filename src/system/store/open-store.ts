/** Opens the database behind the feeds. */
import type { Clock } from '../../core/clock.ts';
import type { StoreSettings } from '../../core/plan.ts';
import type { AppendLimits } from './append-queue.ts';
import type { StoreRange, ThreadConfig } from './messages.ts';
import { SqliteStore } from './sqlite-store.ts';
import type { EventStore } from './store.ts';
import { StoreThread } from './store-thread.ts';

export const STORE_LIMITS: AppendLimits = {
  maxPendingEvents: 8192,
  maxPendingChars: 64 * 1024 * 1024,
  busyTimeoutMs: 2000,
};

/**
 * Opens the event store in the file `path`, or makes it; its folder must be there. Two more files, `-wal` and `-shm`,
 * stand beside it while it is open. Errors: StoreError; then nothing stays open.
 */
export async function openEventStore(
  settings: StoreSettings,
  path: string,
  clock: Clock,
  limits: Partial<AppendLimits> = {},
): Promise<EventStore> {
  const all = { ...STORE_LIMITS, ...limits };
  const { synchronous, writeMs, keepEvents, keepMs } = settings;
  const config: ThreadConfig = {
    role: 'writer',
    path,
    synchronous,
    writeMs,
    keepEvents,
    keepMs,
    busyTimeoutMs: all.busyTimeoutMs,
  };
  const writer = new StoreThread(config);
  const reader = new StoreThread({ ...config, role: 'reader' });
  const [written, read] = await Promise.allSettled([writer.ready, reader.ready]);
  if (written.status === 'fulfilled' && read.status === 'fulfilled') {
    return new SqliteStore({ writer, reader }, written.value as StoreRange, clock, all);
  }
  await Promise.all([reader.close(), writer.close()]);
  throw written.status === 'rejected' ? written.reason : (read as PromiseRejectedResult).reason;
}
