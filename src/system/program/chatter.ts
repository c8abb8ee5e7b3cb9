/**
 * A program that prints lines at a rate: what runs beside a proxy in tests and scenarios. It writes as simple
 * programs do, and blocks while nobody reads; then it is late, and makes up for it. It ends when its time is
 * over or nobody can read any more.
 *
 *   --lines-per-sec 1000 --bytes 80 --seconds 60 --stderr-every 0 (each nth line goes there) --ignore-sigterm
 */
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createHostClock, NS_PER_MS, NS_PER_SEC, takeEpochNs } from '../../core/clock.ts';

const STDOUT = 1;
const STDERR = 2;
/** How often it looks what is due. */
const PERIOD_MS = 5;
/** Lines of one write. */
const MAX_BATCH_LINES = 100;

const { values } = parseArgs({
  options: {
    'lines-per-sec': { type: 'string', default: '1000' },
    bytes: { type: 'string', default: '80' },
    seconds: { type: 'string', default: '60' },
    'stderr-every': { type: 'string', default: '0' },
    'ignore-sigterm': { type: 'boolean', default: false },
  },
});
const linesPerSec = Number(values['lines-per-sec']);
const lineBytes = Number(values.bytes);
const endNs = Number(values.seconds) * NS_PER_SEC;
const stderrEvery = Number(values['stderr-every']);
const clock = createHostClock(takeEpochNs());

if (values['ignore-sigterm']) process.on('SIGTERM', () => {});

let printed = 0;

function createLine(number: number): string {
  const text = `line ${number} `;
  return `${text.padEnd(Math.max(text.length, lineBytes - 1), '.')}\n`;
}

function print(count: number): void {
  let out = '';
  let error = '';
  for (let i = 0; i < count; i++) {
    const number = ++printed;
    if (stderrEvery > 0 && number % stderrEvery === 0) error += createLine(number);
    else out += createLine(number);
  }
  if (out !== '') writeWhole(STDOUT, out);
  if (error !== '') writeWhole(STDERR, error);
}

function writeWhole(descriptor: number, text: string): void {
  for (let rest = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(writeSync(descriptor, rest));
}

function play(): void {
  const nowNs = clock.nowNs();
  const due = Math.floor((Math.min(nowNs, endNs) / NS_PER_SEC) * linesPerSec) - printed;
  try {
    for (let left = due; left > 0; left -= MAX_BATCH_LINES) print(Math.min(left, MAX_BATCH_LINES));
  } catch {
    process.exitCode = 1; // nobody reads any more
    return;
  }
  if (nowNs < endNs) clock.setTimer(clock.nowNs() + PERIOD_MS * NS_PER_MS, play);
}

play();
