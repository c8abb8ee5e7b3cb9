/**
 * How many bytes the kernel takes from a writer whose reader has stopped. That much is written before
 * a server feels a slow client at all, so every run measures it first.
 */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonicMs } from '../core/clock.ts';
import type { HiddenBuffer } from '../core/record.ts';

/** No completed write for so long means that the kernel is full. */
const QUIET_MS = 30;
/** Longer writes are split, so that what the kernel took is known this exactly. */
const MAX_WRITE_BYTES = 16_384;
/** Shorter ones are joined on TCP, which keeps a stream of bytes and not of writes: 4 MiB of them take too long. */
const MIN_TCP_WRITE_BYTES = 4096;
/** Nothing that is sane hides more; a bound for kernels that never say stop. */
export const MAX_HIDDEN_BYTES = 64 * 1024 * 1024;
/** The same for kernels that take a little again and again. */
const MAX_FILL_MS = 3000;

/**
 * Measures both transports at once between a server and a frozen client in this process; about 60 ms.
 * `frameBytes` is what the scenario writes per event. A Unix socket counts whole buffers per write, so
 * there the size of a write decides. Platforms without Unix sockets answer for TCP alone.
 */
export async function measureHiddenBuffers(frameBytes: number): Promise<HiddenBuffer[]> {
  const writeBytes = Math.min(Math.max(1, Math.round(frameBytes)), MAX_WRITE_BYTES);
  const tcp = measure('tcp', { host: '127.0.0.1', port: 0 }, Math.max(writeBytes, MIN_TCP_WRITE_BYTES));
  if (process.platform === 'win32') return [await tcp];
  const path = join(tmpdir(), `bpbench-${randomUUID()}.sock`);
  try {
    return await Promise.all([tcp, measure('unix', { path }, writeBytes)]);
  } finally {
    await rm(path, { force: true });
  }
}

async function measure(
  via: 'tcp' | 'unix',
  listenOptions: net.ListenOptions,
  writeBytes: number,
): Promise<HiddenBuffer> {
  const server = net.createServer();
  let client: net.Socket | undefined;
  let accepted: net.Socket | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(listenOptions, resolve);
    });
    const address = server.address();
    accepted = await new Promise<net.Socket>((resolve, reject) => {
      server.once('connection', resolve);
      client =
        typeof address === 'string'
          ? net.connect({ path: address })
          : net.connect({ host: '127.0.0.1', port: address?.port ?? 0 });
      client.once('error', reject).pause(); // paused before it is connected: it never reads
    });
    accepted.on('error', () => {});
    accepted.setNoDelay(true);
    return { via, writeBytes, hiddenBytes: await fill(accepted, writeBytes) };
  } finally {
    client?.destroy();
    accepted?.destroy();
    server.close();
  }
}

/** Writes one chunk after another until a write does not complete; answers the bytes of those that did. */
function fill(socket: net.Socket, writeBytes: number): Promise<number> {
  const chunk = Buffer.alloc(writeBytes, 'x');
  const deadlineMs = monotonicMs() + MAX_FILL_MS;
  let takenBytes = 0;
  return new Promise((resolve) => {
    const quiet = setTimeout(() => resolve(takenBytes), QUIET_MS);
    const write = (): void => {
      socket.write(chunk, (error) => {
        if (error) return;
        takenBytes += writeBytes;
        if (takenBytes >= MAX_HIDDEN_BYTES || monotonicMs() >= deadlineMs) {
          clearTimeout(quiet);
          resolve(takenBytes);
          return;
        }
        quiet.refresh();
        write();
      });
    };
    write();
  });
}
