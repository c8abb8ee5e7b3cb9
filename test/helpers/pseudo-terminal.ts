/** The real command in a real pseudo-terminal, of which Node has none: python3 makes it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BIN } from './cli.ts';

/** What happens when a text has been seen: a key is pressed, or the window gets another width. */
export interface TerminalEvent {
  readonly after: string;
  readonly key?: string;
  readonly columns?: number;
}

export interface TerminalResult {
  readonly code: number;
  /** Everything that was written to the terminal. */
  readonly output: string;
}

const SCRIPT = `
import fcntl, json, os, pty, signal, struct, sys, termios
columns, events, command = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
def resize(columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 40, columns, 0, 0))
resize(columns)
output = b''
seen = 0
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    output += piece
    while events and output.find(events[0]['after'].encode(), seen) >= 0:
        event = events.pop(0)
        seen = len(output)
        if 'columns' in event:
            resize(event['columns'])
        if 'key' in event:
            os.write(terminal, event['key'].encode())
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.buffer.write(json.dumps({'code': code, 'output': output.decode()}).encode())
`;

/** Runs `bpbench` with all streams on a terminal of `columns`; each event waits for its text after the one before. */
export async function runInTerminal(
  args: readonly string[],
  options: { columns: number; events?: readonly TerminalEvent[]; env?: Record<string, string> },
): Promise<TerminalResult> {
  const { CI: _, NO_COLOR: __, FORCE_COLOR: ___, ...inherited } = process.env;
  const request = [options.columns, options.events ?? [], [process.execPath, BIN, ...args]];
  const child = spawn('python3', ['-c', SCRIPT, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...inherited, NODE_OPTIONS: '', TERM: 'xterm-256color', LANG: 'C.UTF-8', ...options.env },
  });
  let answer = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    answer += text;
  });
  await once(child, 'close');
  return JSON.parse(answer) as TerminalResult;
}
