/** The interceptors of the reverse proxy: the first rule that matches a request, an answer or an event decides. */
import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import type { InterceptRule, InterceptSettings } from '../../core/plan.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import type { InterceptAction } from './actions/action.ts';
import { ACTIONS } from './actions/registry.ts';
import { createEventWait, type EventWait } from './event-waits.ts';
import { Holds } from './holds.ts';
import { findRuleProblem } from './rule-problem.ts';
import { CONTINUE, type EventVerdict, type Verdict } from './verdict.ts';

export type { EventVerdict, Verdict } from './verdict.ts';

export interface RequestFacts {
  readonly method: string;
  /** As the client wrote it, query included. */
  readonly path: string;
  readonly rawHeaders: readonly string[];
}

export interface ResponseFacts extends RequestFacts {
  readonly status: number;
}

export interface EventFacts {
  readonly method: string;
  readonly path: string;
  /** `message` where the event does not say. */
  readonly type: string;
  /** Its place in its stream, from 1. */
  readonly number: number;
}

interface ReadyRule {
  readonly rule: InterceptRule;
  readonly action: InterceptAction;
  readonly verdict: Verdict;
  readonly eventVerdict: EventVerdict;
}

export class Interceptors {
  readonly #rules: Record<InterceptRule['on'], ReadyRule[]> = { request: [], response: [], event: [] };
  readonly #holds: Holds;
  readonly #waitForEvent: EventWait;
  readonly #tasks: TaskRegistry;

  /** Errors: BPB_ERR_USAGE for a rule that cannot be followed. */
  constructor(
    settings: Pick<InterceptSettings, 'rules' | 'wait' | 'workers'>,
    clock: Clock,
    tasks: TaskRegistry,
  ) {
    this.#holds = new Holds(clock);
    this.#waitForEvent = createEventWait(settings, this.#holds);
    this.#tasks = tasks;
    for (const [index, rule] of settings.rules.entries()) {
      const problem = findRuleProblem(rule);
      if (problem !== undefined)
        throw new BenchError('BPB_ERR_USAGE', `intercept.rules[${index}]: ${problem}`);
      const action: InterceptAction = ACTIONS[rule.action];
      const isEvent = rule.on === 'event';
      this.#rules[rule.on].push({
        rule,
        action,
        verdict: isEvent ? CONTINUE : action.decide(rule),
        eventVerdict: isEvent ? action.decideEvent(rule) : CONTINUE,
      });
    }
  }

  hasRules(on: InterceptRule['on']): boolean {
    return this.#rules[on].length > 0;
  }

  /** Whether events of a stream at `path` may meet a rule: only then its bytes have to be read. */
  hasEventRules(path: string): boolean {
    return this.#rules.event.some(({ rule }) => matchesPath(rule, path));
  }

  /** How many requests, answers and events wait for a release. */
  get paused(): number {
    return this.#holds.paused;
  }

  /** Lets go on whatever a `pause` holds now. */
  release(): void {
    this.#holds.release();
  }

  /**
   * A promise only when the rule takes time.
   *
   * Cancel safety: when `signal` aborts a wait ends at once; nobody needs the verdict then.
   */
  onRequest(facts: RequestFacts, signal?: AbortSignal): Verdict | Promise<Verdict> {
    return this.#decide('request', facts, signal);
  }

  /** As `onRequest`. */
  onResponse(facts: ResponseFacts, signal?: AbortSignal): Verdict | Promise<Verdict> {
    return this.#decide('response', facts, signal);
  }

  /** As `onRequest`; waits as `settings.wait` says. */
  onEvent(facts: EventFacts, signal: AbortSignal): EventVerdict | Promise<EventVerdict> {
    const { method, path, type, number } = facts;
    const found = this.#rules.event.find(
      ({ rule }) =>
        matchesMessage(rule, method, path) &&
        (rule.event === undefined || rule.event === type) &&
        (rule.everyNth === undefined || (number - 1) % rule.everyNth === 0),
    );
    if (found === undefined) return CONTINUE;
    const { eventVerdict, action, rule } = found;
    if (action.wait === undefined) return eventVerdict;
    const { defaultMs, isReleasable } = action.wait;
    return this.#waitForEvent(rule.delayMs ?? defaultMs, isReleasable, signal).then(() => eventVerdict);
  }

  #decide(
    on: 'request' | 'response',
    { method, path }: RequestFacts,
    signal: AbortSignal | undefined,
  ): Verdict | Promise<Verdict> {
    const found = this.#rules[on].find(({ rule }) => matchesMessage(rule, method, path));
    if (found === undefined) return CONTINUE;
    const { verdict, action, rule } = found;
    if (action.wait === undefined) return verdict;
    const { defaultMs, isReleasable } = action.wait;
    const task = this.#tasks.begin('intercept.hold');
    return this.#holds.hold(rule.delayMs ?? defaultMs, isReleasable, signal).then(() => {
      task.end();
      return verdict;
    });
  }
}

function matchesMessage(rule: InterceptRule, method: string, path: string): boolean {
  return (rule.method === undefined || rule.method === method) && matchesPath(rule, path);
}

function matchesPath(rule: InterceptRule, path: string): boolean {
  return rule.path === undefined || path.startsWith(rule.path);
}
