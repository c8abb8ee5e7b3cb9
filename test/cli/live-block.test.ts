import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveBlock } from '../../src/cli/live-block.ts';
import { decideUi, UI_CHOICES } from '../../src/cli/progress.ts';
import { writeErr } from '../../src/cli/streams.ts';
import { Screen } from '../helpers/screen.ts';

const ESC = '\u001b';

describe('live block', () => {
  let screen: Screen;
  let columns: PropertyDescriptor | undefined;

  beforeEach(() => {
    screen = new Screen(20);
    columns = Object.getOwnPropertyDescriptor(process.stderr, 'columns');
    Object.defineProperty(process.stderr, 'columns', { get: () => screen.columns, configurable: true });
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      screen.write(String(text).replaceAll('\n', '\r\n'));
      return true;
    });
  });

  afterEach(() => {
    vi.restoreAllMocks();
    if (columns === undefined) Reflect.deleteProperty(process.stderr, 'columns');
    else Object.defineProperty(process.stderr, 'columns', columns);
  });

  it('draws over itself, also when lines become shorter or fewer', () => {
    writeErr('before\n');
    using block = new LiveBlock();
    block.draw(['one long line', 'two', 'three']);
    block.draw(['one', 'two']);
    expect(screen.lines()).toEqual(['before', 'one', 'two']);
  });

  it('makes way for every other message, and is drawn below it', () => {
    using block = new LiveBlock();
    block.draw(['one', 'two']);
    writeErr('SIGINT: stopping\n');
    expect(screen.lines()).toEqual(['SIGINT: stopping']);
    block.draw(['one', 'two']);
    expect(screen.lines()).toEqual(['SIGINT: stopping', 'one', 'two']);
  });

  it('leaves the screen as it found it, also when the process is made to exit', () => {
    writeErr('before\n');
    {
      using block = new LiveBlock();
      block.draw(['one', 'two']);
    }
    expect(screen.lines()).toEqual(['before']);
    const listeners = process.listenerCount('exit');
    using block = new LiveBlock();
    block.draw(['one', 'two']);
    for (const listener of process.listeners('exit').slice(listeners)) listener.call(process, 0);
    expect(screen.lines()).toEqual(['before']);
  });

  it('takes back the rows that a line fills which is wider than the terminal', () => {
    writeErr('before\n');
    using block = new LiveBlock();
    block.draw(['x'.repeat(50), 'y'.repeat(25), 'z'.repeat(20)]);
    expect(screen.lines()).toHaveLength(1 + 3 + 2 + 1);
    block.draw(['short']);
    expect(screen.lines()).toEqual(['before', 'short']);
  });

  it('hides no cursor and switches no mode: there is nothing to restore', () => {
    using block = new LiveBlock();
    const write = vi.mocked(process.stderr.write);
    block.draw(['one']);
    block.draw(['two']);
    block.clear();
    const text = write.mock.calls.map(([piece]) => String(piece)).join('');
    expect(text.replace(new RegExp(`${ESC}\\[(\\d*A|J|K)`, 'g'), '')).not.toContain(ESC);
  });
});

describe('--ui', () => {
  const TERMINAL = { TERM: 'xterm' };
  it('redraws for people at a terminal, and writes lines for logs', () => {
    expect(decideUi('auto', true, TERMINAL)).toBe('tui');
    expect(decideUi('auto', false, TERMINAL)).toBe('plain');
    expect(decideUi('auto', true, { TERM: 'dumb' })).toBe('plain');
    expect(decideUi('auto', true, { ...TERMINAL, CI: 'true' })).toBe('plain');
    expect(decideUi('auto', true, { ...TERMINAL, CI: '' })).toBe('tui');
  });

  it('does as told, but never moves a cursor that is not there', () => {
    expect(decideUi('tui', true, { ...TERMINAL, CI: 'true' })).toBe('tui');
    expect(decideUi('tui', false, TERMINAL)).toBe('plain');
    expect(decideUi('plain', true, TERMINAL)).toBe('plain');
    expect(decideUi('none', true, TERMINAL)).toBe('none');
    expect(UI_CHOICES).toEqual(['auto', 'tui', 'plain', 'none']);
  });
});
