/** What stands around the channel, wrong on purpose: encoders, pumps, loops, shutdowns. */
import block from '../../src/system/overflow/block.ts';
import dropNewest from '../../src/system/overflow/drop-newest.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import reserve from '../../src/system/overflow/reserve.ts';
import { SocketPump } from '../../src/system/socket-pump.ts';
import { encodeSseEvent } from '../../src/system/sse/encode.ts';
import { encodeTextFrame } from '../../src/system/ws/encode.ts';
import { SEED } from '../channel/steps.ts';
import type { Mutant } from './mutant.ts';
import { findLoopStall, findSendWithoutReader } from './one-loop.ts';
import { findPinnedBytes } from './pinned-bytes.ts';
import { drainForEver, drainToDeadline, findLateEnd, stopReadingAlone } from './shutdown.ts';
import { findPhantomDelivery, type StartPump } from './sink-account.ts';
import { findHalfStories } from './stories.ts';

/** Counts a frame when it hands it to the socket. */
const startHastyPump: StartPump = (channel, socket) => ({
  kick() {
    for (let frame = channel.tryTake(); frame !== undefined; frame = channel.tryTake()) {
      socket.write(frame.wire);
      channel.delivered(frame);
    }
  },
});

/** Small frames are views of a large chunk, as they come from a socket that was read. */
function encodeAsView(id: number, text: string): Uint8Array {
  const at = (id * 200) % 65_536;
  if (at < 200) chunk = new Uint8Array(65_536 + 200);
  return chunk.subarray(at, at + text.length);
}
let chunk = new Uint8Array(65_536 + 200);

/** Starts may be shed; the end of a request whose start was shown waits rather than be lost. */
const reserved = reserve.configure?.({ reserve: 0.5, reserveNormal: 0, critical: 'block' }) as OverflowPolicy;

export default [
  {
    property: 'P3',
    name: 'queueing `subarray()` views',
    kill: () => findPinnedBytes(encodeAsView),
    spare: () => findPinnedBytes(encodeSseEvent) ?? findPinnedBytes((_id, text) => encodeTextFrame(text)),
  },
  {
    property: 'P3',
    name: "slices of Node's pool",
    kill: () => findPinnedBytes((_id, text) => Buffer.from(text)),
    spare: () => findPinnedBytes(encodeSseEvent),
  },
  {
    property: 'P5',
    name: 'counting at `write()`',
    kill: () => findPhantomDelivery(startHastyPump, SEED),
    spare: () =>
      findPhantomDelivery((channel, socket) => new SocketPump(channel, socket, 'disconnect.peer'), SEED),
  },
  {
    property: 'P17',
    name: 'single-loop + block',
    kill: () => findLoopStall(block),
    spare: () => findLoopStall(dropNewest),
  },
  {
    property: 'P20',
    name: 'dropping by event',
    kill: () => findHalfStories(dropNewest),
    spare: () => findHalfStories(reserved),
  },
  {
    property: 'P31',
    name: 'drain without deadline',
    kill: () => findLateEnd(drainForEver, false),
    spare: () => findLateEnd(drainToDeadline, false),
  },
  {
    property: 'specimen',
    name: 'single-loop-block: waits for itself (P17)',
    kill: () => findLoopStall(block),
    spare: () => findLoopStall(dropNewest),
  },
  {
    property: 'specimen',
    name: 'termtap-stop: a send with no reader left (P17)',
    kill: () => findSendWithoutReader(false, block),
    spare: () => findSendWithoutReader(true, block),
  },
  {
    property: 'specimen',
    name: 'termtap-stop: never over (P31)',
    kill: () => findLateEnd(stopReadingAlone, true),
    spare: () => findLateEnd(drainToDeadline, true),
  },
] satisfies Mutant[];
