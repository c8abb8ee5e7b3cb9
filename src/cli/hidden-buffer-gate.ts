/** The last gate: what the kernel takes from a writer whose reader has stopped. It has to be known, not predicted. */
import { MAX_HIDDEN_BYTES, measureHiddenBuffers } from '../load/hidden-buffer.ts';
import type { Gate } from '../simulation/gates/gate.ts';

/** One event of 1 KiB with its framing. */
const FRAME_BYTES = 1044;
const TRANSPORTS = { tcp: 'TCP', unix: 'Unix socket' } as const;

export const hiddenBuffers: Gate = {
  name: 'hidden-buffers',
  title: 'What sockets swallow unseen, over loopback (predicted: the limit)',
  async play() {
    const measured = await measureHiddenBuffers(FRAME_BYTES);
    return measured.map(({ via, writeBytes, hiddenBytes }) => ({
      what: `${TRANSPORTS[via]}, writes of ${writeBytes} bytes`,
      measured: hiddenBytes,
      predicted: MAX_HIDDEN_BYTES,
      unit: 'bytes',
      judgement: 'below' as const,
      z: null,
      tolerance: null,
      ok: hiddenBytes > 0 && hiddenBytes < MAX_HIDDEN_BYTES,
      detail: hiddenBytes > 0 ? null : 'no write was completed',
    }));
  },
};
