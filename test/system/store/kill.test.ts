/** `kill -9` at any moment: every acknowledged event is in the store, with its id and its text. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { StoreFolder } from '../../helpers/store.ts';

const PROGRAM = fileURLToPath(new URL('../../helpers/store-program.ts', import.meta.url));
/** Each costs about a second of a machine that has nothing else to do. */
const KILLS = process.env['BPBENCH_CI'] === '1' ? 30 : 6;

interface Acknowledged {
  id: number;
  text: string;
}

/** Lets the program run until it has acknowledged `count` events, and kills it; what it said until then counts. */
async function killAfter(count: number, file: string, mode: string, prefix: string): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [PROGRAM, file, mode, prefix], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const acknowledged: Acknowledged[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const match = /^(\d+) (.{50})$/.exec(line);
    // The last line may be cut.
    if (match !== null) acknowledged.push({ id: Number(match[1]), text: match[2] as string });
    if (acknowledged.length === count) child.kill('SIGKILL');
  }
  // Not ended by a mistake of its own.
  expect(await closed).toEqual([null, 'SIGKILL']);
  return acknowledged;
}

/** What a reader of the file finds: acknowledged events that are not there, and whether the file is sound. */
function inspect(file: string, acknowledged: readonly Acknowledged[]) {
  const database = new DatabaseSync(file);
  try {
    const find = database.prepare('SELECT substr(payload, 1, 50) AS text FROM events WHERE sequence = ?');
    return {
      lost: acknowledged.filter(({ id, text }) => find.get(id)?.['text'] !== text),
      integrity: database.prepare('PRAGMA integrity_check').get()?.['integrity_check'],
    };
  } finally {
    database.close();
  }
}

async function killOften(mode: string, kills: number) {
  using folder = new StoreFolder();
  const random = createRandom(5, `kill ${mode}`);
  const all: Acknowledged[] = [];
  let isRising = true;
  for (let kill = 0; kill < kills; kill++) {
    const count = 1 + Math.floor(random.next() * 400);
    const acknowledged = await killAfter(count, folder.file, mode, `${kill}`);
    const before = all.at(-1)?.id ?? 0;
    const ids = [before, ...acknowledged.map(({ id }) => id)];
    isRising &&= ids.every((id, i) => i === 0 || id > (ids[i - 1] as number));
    all.push(...acknowledged);
  }
  return { ...inspect(folder.file, all), isRising, acknowledged: all.length };
}

describe('a process that is killed while it appends', () => {
  it.each(['full', 'normal'])(
    `loses nothing that it acknowledged, ${KILLS} times in a row (synchronous: %s)`,
    { timeout: 400_000 },
    async (mode) => {
      const { lost, integrity, isRising, acknowledged } = await killOften(mode, KILLS);
      expect(lost).toEqual([]);
      expect(integrity).toBe('ok');
      expect(isRising).toBe(true);
      expect(acknowledged).toBeGreaterThan(KILLS * 50);
    },
  );

  it('is found out by the same check where it acknowledges before the commit', {
    timeout: 120_000,
  }, async () => {
    const { lost, integrity } = await killOften('early', 6);
    expect(integrity).toBe('ok');
    expect(lost.length).toBeGreaterThan(0);
  });
});
