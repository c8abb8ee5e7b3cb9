/** Publishes at a steady rate, open loop, and keeps the ids of what was acknowledged. */
import { Agent, request } from 'node:http';

export interface SteadyPublisher {
  /** Where the next events go; `null`: they are not sent. */
  url: string | null;
  readonly acknowledged: number[];
  readonly failed: number;
  /** Sends nothing more; resolves when every answer is there. */
  stop(): Promise<void>;
}

const TICK_MS = 10;

export function startSteadyPublisher(perSec: number): SteadyPublisher {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const acknowledged: number[] = [];
  const open = new Set<Promise<void>>();
  const startMs = performance.now();
  let sent = 0;
  let failed = 0;
  const publisher = {
    url: null as string | null,
    acknowledged,
    get failed() {
      return failed;
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
    },
  };
  const send = (url: string): Promise<void> =>
    new Promise((resolve) => {
      const outgoing = request(url, { method: 'POST', agent }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part) => {
          text += part;
        });
        answer.once('end', () => {
          if (answer.statusCode === 202)
            acknowledged.push((JSON.parse(text) as { published: number }).published);
          else failed++;
        });
        answer.once('close', resolve);
      });
      outgoing.once('error', () => {
        failed++;
        resolve();
      });
      outgoing.end(`event ${sent}`);
    });
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) / 1000) * perSec);
    for (; sent < due; sent++) {
      if (publisher.url === null) continue;
      const answered = send(publisher.url);
      open.add(answered);
      void answered.then(() => open.delete(answered));
    }
  }, TICK_MS);
  return publisher;
}
