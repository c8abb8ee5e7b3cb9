import type { Verdict } from '../verdict.ts';

/** Statuses whose answers have no body (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
export const BODILESS = [204, 205, 304];

export function createAnswer(status: number, body: string): Verdict {
  if (BODILESS.includes(status)) return { kind: 'answer', status, headers: [], body: Buffer.alloc(0) };
  return {
    kind: 'answer',
    status,
    headers: ['Content-Type', 'text/plain; charset=utf-8'],
    body: Buffer.from(body),
  };
}
