/** Transactions of the writer, without its thread. */
import { expect, it } from 'vitest';
import { EventWriter } from '../../../src/system/store/event-writer.ts';
import { emptyColumns } from '../../../src/system/store/messages.ts';
import { STORE, StoreFolder } from '../../helpers/store.ts';

function columnsOf(...texts: unknown[]) {
  const columns = emptyColumns();
  for (const text of texts) {
    columns.texts.push(text as string);
    columns.types.push('');
    columns.keys.push(null);
    columns.classes.push(1);
    columns.flows.push('');
  }
  return columns;
}

it('commits all events of a batch or none, and goes on after a failure', () => {
  using folder = new StoreFolder();
  const writer = new EventWriter({ ...STORE, role: 'writer', path: folder.file, busyTimeoutMs: 100 });
  expect(writer.commit(columnsOf('a'), 100)).toMatchObject({ firstId: 1, headId: 1, oldestId: 1 });
  expect(() => writer.commit(columnsOf('b', {}), 100)).toThrow(/^the event store \S+ failed: /);
  expect(writer.range).toEqual({ headId: 1, oldestId: 1 });
  expect(writer.commit(columnsOf('c', 'd'), 100)).toMatchObject({ firstId: 2, headId: 3, oldestId: 1 });
  writer.close();
});
