/** A thread of the store that opens well, keeps its first request, and breaks down at the second. */
import { parentPort } from 'node:worker_threads';

let requests = 0;
parentPort?.on('message', () => {
  if (++requests === 2) throw new Error('broken on purpose');
});
parentPort?.postMessage({ ok: true, value: { headId: 0, oldestId: 1 } });
