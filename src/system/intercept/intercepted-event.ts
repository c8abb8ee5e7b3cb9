/** One event of an intercepted stream while it waits for the interceptors. */
import type { Sized } from '../boundary.ts';

export interface InterceptedEvent extends Sized {
  /** As the upstream sent it, up to and with its blank line. */
  readonly wire: Buffer;
  /** Comments and ids without data that came between the event before and this one. */
  readonly preface: Buffer | undefined;
  /** Its place in the stream, from 1. */
  readonly number: number;
  /** `message` where it does not say. */
  readonly type: string;
  readonly id: string | undefined;
  readonly retry: number | undefined;
}
