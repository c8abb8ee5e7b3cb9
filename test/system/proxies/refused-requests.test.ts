/** Requests that a proxy must not pass on, sent to all three of them, in one piece and byte by byte. */
import { describe, expect, it } from 'vitest';
import { statusOf, valuesOf } from '../../helpers/message-reader.ts';
import { until } from '../../helpers/system.ts';
import { BROKEN_BODY_ROWS, REFUSED_ROWS, type RefusedRow } from './client-rows.ts';
import { PATHS } from './entrances.ts';
import { Trial } from './trial.ts';

async function expectRefusal(trial: Trial, row: RefusedRow, isByBytes: boolean): Promise<void> {
  const client = await trial.open();
  const bytes = row.bytes(trial.entrance);
  if (isByBytes) await client.writeByBytes(bytes);
  else client.write(bytes);
  await client.over();
  if (!row.mayCloseSilently || client.received.length > 0) {
    const [answer, ...more] = client.finals();
    expect(answer, `nothing came; ${client.error ?? 'FIN'}`).toBeDefined();
    expect(row.statuses, answer?.startLine).toContain(statusOf(answer?.startLine ?? ''));
    expect(valuesOf(answer!, 'connection').join().toLowerCase()).toBe('close');
    expect(more).toEqual([]);
  }
  expect(trial.forwarded(), 'forwarded').toEqual([]);
}

describe.each(PATHS)('%s: refuses', (path) => {
  const rows = REFUSED_ROWS.filter(({ paths }) => paths === undefined || paths.includes(path));
  for (const row of rows) {
    it(`row ${row.row}: ${row.name}${row.isLong ? '' : ', also byte by byte'}`, async () => {
      await using trial = await Trial.start(path);
      await expectRefusal(trial, row, false);
      if (!row.isLong) await expectRefusal(trial, row, true);
      await trial.conclude();
    });
  }
});

describe.each(PATHS)('%s: does not complete a request whose body is broken', (path) => {
  for (const { row, name, body, isLength = false, fin = false } of BROKEN_BODY_ROWS) {
    for (const way of body.length > 1000
      ? ['in one piece']
      : ['in one piece', 'byte by byte', 'head first']) {
      it(`row ${row}: ${name}, ${way}`, async () => {
        let answered = 0;
        await using trial = await Trial.start(path, {
          script: {
            onRequest: (_, connection) => {
              answered++;
              connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
            },
          },
        });
        const client = await trial.open();
        const framing = isLength ? 'Content-Length: 9' : 'Transfer-Encoding: chunked';
        const head = `${trial.entrance.head('POST', '/x', framing)}\r\n`;
        if (way === 'head first') {
          client.write(head);
          await until(
            () => trial.upstream.requests().length > 0,
            'the head has reached upstream',
            1000,
          ).catch(
            () => {}, // a proxy may wait for the first bytes of the body
          );
          client.write(body);
        } else if (way === 'byte by byte') await client.writeByBytes(head + body);
        else client.write(head + body);
        if (fin) client.end();
        await client.over();
        expect(client.finals().map(({ startLine }) => statusOf(startLine))).not.toContain(200);
        expect(answered, 'requests completed').toBe(0);
        for (const message of trial.upstream.requests()) expect(message.isComplete).toBe(false);
        await until(() => trial.upstream.openCount === 0, 'upstream is released', 1000);
        await trial.conclude();
      });
    }
  }
});
