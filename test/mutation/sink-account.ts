/** P5: what a server says it has delivered, against what left it. */
import type { Socket } from 'node:net';
import { createVirtualClock } from '../../src/core/clock.ts';
import { createRandom } from '../../src/core/random.ts';
import { type Channel, createChannel } from '../../src/system/channel/channel.ts';
import dropOldest from '../../src/system/overflow/drop-oldest.ts';
import type { Frame } from '../../src/system/socket-pump.ts';

/** As much of a socket as a pump uses; the network takes what it is told to, and then breaks. */
export class FakeSocket {
  taken = 0;
  private readonly pending: (((error?: Error | null) => void) | undefined)[] = [];

  write(_bytes: Uint8Array, onWritten?: (error?: Error | null) => void): boolean {
    this.pending.push(onWritten);
    return false;
  }

  cork(): void {}

  uncork(): void {}

  accept(count: number): void {
    for (const onWritten of this.pending.splice(0, count)) {
      this.taken++;
      onWritten?.();
    }
  }

  break(): void {
    for (const onWritten of this.pending.splice(0)) onWritten?.(new Error('connection lost'));
  }
}

export type StartPump = (channel: Channel<Frame>, socket: Socket) => { kick(): void };

/** Frames that count as delivered although the network never took them. */
export function findPhantomDelivery(startPump: StartPump, seed: number): string | undefined {
  const random = createRandom(seed, 'sink');
  for (let run = 0; run < 50; run++) {
    const socket = new FakeSocket();
    const channel = createChannel<Frame>({
      overflow: dropOldest,
      capacityItems: 8,
      clock: createVirtualClock(),
    });
    const pump = startPump(channel, socket as unknown as Socket);
    for (let step = 0; step < 40; step++) {
      channel.offer({ wire: new Uint8Array(9), bytes: 9000, class: 1, key: step, flow: 0 });
      pump.kick();
      if (random.int(2) === 0) socket.accept(random.int(4));
    }
    socket.break();
    const { delivered, unaccounted } = channel.ledger();
    if (delivered > socket.taken) return `${delivered} delivered, ${socket.taken} taken by the network`;
    if (unaccounted !== 0) return `${unaccounted} unaccounted`;
  }
  return undefined;
}
