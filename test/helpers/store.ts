/** Event stores in folders of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHostClock, takeEpochNs } from '../../src/core/clock.ts';
import type { StoreSettings } from '../../src/core/plan.ts';
import { type NewEvent, PLAIN_EVENT } from '../../src/system/event.ts';
import type { AppendLimits } from '../../src/system/store/append-queue.ts';
import { openEventStore } from '../../src/system/store/open-store.ts';
import type { EventStore } from '../../src/system/store/store.ts';

export const STORE: StoreSettings = {
  mode: 'sqlite',
  synchronous: 'normal',
  writeMs: 0,
  onError: 'refuse',
  keepEvents: null,
  keepMs: null,
};

/** A folder that is gone with the test. */
export class StoreFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'bpbench-test-store-'));
  readonly file = join(this.path, 'events.db');

  open(settings: Partial<StoreSettings> = {}, limits: Partial<AppendLimits> = {}): Promise<EventStore> {
    return openStore(this.file, settings, limits);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export function openStore(
  file: string,
  settings: Partial<StoreSettings> = {},
  limits: Partial<AppendLimits> = {},
): Promise<EventStore> {
  return openEventStore({ ...STORE, ...settings }, file, createHostClock(takeEpochNs()), limits);
}

export function textEvent(text: string, traits: Partial<NewEvent> = {}): NewEvent {
  return { ...PLAIN_EVENT, text, ...traits };
}

export function appendAll(store: EventStore, texts: readonly string[]) {
  return Promise.all(texts.map((text) => store.append(textEvent(text))));
}

/** `count` texts that tell themselves apart. */
export function numbered(count: number, from = 1): string[] {
  return Array.from({ length: count }, (_, i) => `event ${from + i}`);
}

/** Makes the file, with these events in it. */
export async function storeWith(folder: StoreFolder, texts: readonly string[]): Promise<void> {
  const store = await folder.open();
  await appendAll(store, texts);
  await store.close();
}
