/**
 * What an interceptor can do, one file per action. The smallest one is `continue.ts`. An action only
 * decides; waiting, timers and cancelling are `Interceptors`' work.
 */
import type { InterceptRule } from '../../../core/plan.ts';
import type { EventVerdict, Verdict } from '../verdict.ts';

/** The fields of a rule that belong to some actions alone. */
export type ActionField = 'delayMs' | 'setHeaders' | 'removeHeaders' | 'status' | 'body';

export interface InterceptAction {
  /** The word that a rule says; the name of the file. */
  readonly name: InterceptRule['action'];
  readonly summary: string;
  /** What a rule may say of it, where it is about a whole message, and where it is about an event. */
  readonly messageFields: readonly ActionField[];
  readonly eventFields: readonly ActionField[];
  /** Of these a rule must say so much. */
  readonly requiredFields?: readonly ActionField[];
  readonly requiredEventFields?: readonly ActionField[];
  /** It takes `delayMs`, or this time; `isReleasable`: or until somebody lets go. */
  readonly wait?: { readonly defaultMs: number; readonly isReleasable: boolean };
  /** What follows, after the wait if there is one. Asked once per rule. */
  decide(rule: InterceptRule): Verdict;
  decideEvent(rule: InterceptRule): EventVerdict;
}
