/** The curl of the machine, run against the proxies. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CurlResult {
  /** curl's own exit code: 0 is good, 56 a broken connection or a refused CONNECT, 60 an untrusted certificate. */
  readonly exit: number | null;
  /** Of the last answer; 0 for none. */
  readonly status: number;
  /** Of the proxy to CONNECT; 0 for none. */
  readonly connectStatus: number;
  readonly httpVersion: string;
  readonly seconds: number;
  readonly body: Buffer;
  /** All heads that came, with trailers, as text. */
  readonly heads: string;
  readonly stderr: string;
}

const WRITE_OUT = '%{stderr}\n@@%{http_code} %{http_connect} %{http_version} %{time_total}';

/** Runs curl to its end, at most 20 s. `stdin` is what it reads from `-`. */
export async function curl(
  args: readonly string[],
  stdin: Uint8Array = Buffer.alloc(0),
): Promise<CurlResult> {
  const folder = mkdtempSync(join(tmpdir(), 'bpbench-curl-'));
  const headFile = join(folder, 'heads');
  // -q and the clean environment: neither a .curlrc nor http_proxy or no_proxy of the machine may take part.
  const fixed = ['-q', '-sS', '--max-time', '20', '--noproxy', '', '-D', headFile, '-w', WRITE_OUT];
  const child = spawn('curl', [...fixed, ...args], { env: { PATH: process.env['PATH'], HOME: folder } });
  const out: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  child.stdin.on('error', () => {}); // curl may end before it has read everything
  child.stdin.end(stdin);
  const [exit] = (await once(child, 'close')) as [number | null];
  const [, status, connectStatus, httpVersion = '', seconds] =
    /@@(\d+) (\d+) (\S+) (\S+)\s*$/.exec(stderr) ?? [];
  const heads = readIfThere(headFile);
  rmSync(folder, { recursive: true, force: true });
  return {
    exit,
    status: Number(status ?? 0),
    connectStatus: Number(connectStatus ?? 0),
    httpVersion,
    seconds: Number(seconds ?? 0),
    body: Buffer.concat(out),
    heads,
    stderr,
  };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
