/** The load worker: a child process that plays a plan against real sockets (messages: `control.ts`). */
import { joinConductor } from '../core/child.ts';
import { createHostClock } from '../core/clock.ts';
import { BenchError } from '../core/errors.ts';
import type { ScenarioPlan } from '../core/plan.ts';
import type { FromLoad, ToLoad } from './control.ts';
import { measureHiddenBuffers } from './hidden-buffer.ts';
import { Player } from './player.ts';

/** `id: …`, `data: …` and the blank line around an event. */
const SSE_FRAME_OVERHEAD_BYTES = 20;

const link = joinConductor<ToLoad, FromLoad>();
let prepared: Extract<ToLoad, { type: 'prepare' }> | undefined;
let player: Player | undefined;

link.onMessage(async (message) => {
  switch (message.type) {
    case 'prepare':
      prepared = message;
      await link.send({ type: 'prepared', hiddenBuffers: await calibrate(message.plan) });
      break;
    case 'go': {
      if (prepared === undefined || player !== undefined) {
        throw new BenchError('BPB_ERR_INTERNAL', "expected one 'go' after 'prepare'");
      }
      const clock = createHostClock(BigInt(prepared.epochNs));
      player = new Player({
        ...prepared,
        clock,
        startMs: message.startMs,
        send: (out) => void link.send(out),
      });
      player.start();
      break;
    }
    case 'finish':
      player?.finish();
      break;
    case 'thaw':
      player?.thaw();
      break;
    case 'close':
      player?.close();
      break;
    case 'stop':
      await link.stop();
  }
});
link.onStop(() => player?.close());
void link.send({ type: 'ready', pid: process.pid });

function calibrate({ phases }: ScenarioPlan): ReturnType<typeof measureHiddenBuffers> {
  const eventBytes = Math.max(1, ...phases.map((phase) => phase.eventBytes));
  return measureHiddenBuffers(eventBytes + SSE_FRAME_OVERHEAD_BYTES);
}
