import { NS_PER_MS } from '../../core/clock.ts';
import type { Params } from '../strategies/definition.ts';
import type { Aqm, AqmDefinition } from './aqm.ts';
import { findCodelProblem } from './codel-params.ts';
import { CodelState } from './codel-state.ts';

/**
 * Drops one item at a time, ever faster, while even the shortest wait stays above `target`.
 *
 * When to use: sources that slow down when they lose something. Against others use codel-service.
 * Details: RFC 8289. The wait counts from the offer.
 */
export default {
  name: 'codel',
  stage: 'aqm',
  summary: 'drop ever faster while every wait stays above a target',
  dropReason: 'aqm.codel',
  create: <T>(params: Params): Aqm<T> => {
    const state = new CodelState(
      Number(params['targetMs']) * NS_PER_MS,
      Number(params['intervalMs']) * NS_PER_MS,
    );
    return {
      shouldDrop: (entry, queue, nowNs) =>
        state.shouldDrop(nowNs - entry.sinceNs, queue.depthItems <= 1, nowNs),
      onEmpty: () => state.onEmpty(),
    };
  },
  effects: { drops: true, adapts: true },
  reasons: ['aqm.codel'],
  findProblem: findCodelProblem,
  params: [
    {
      key: 'target',
      name: 'targetMs',
      unit: 'ms',
      min: 0.001,
      default: 5,
      summary: 'wait that the queue may have all the time',
    },
    {
      key: 'interval',
      name: 'intervalMs',
      unit: 'ms',
      min: 0.001,
      default: 100,
      summary: 'time above target after which it begins to drop; about the time a source needs to react',
    },
  ],
  details: {
    rule: 'When every item that left during an interval had waited at least target, the next one is dropped. From then on one more is dropped after interval/√count, count being the drops so far, until one has waited less than target or is the last. Entered again within 16 intervals, it goes on near the former rate.',
    guarantees: [
      'order: as without it',
      'loss: queued items about to leave, never the last one, none while the shortest wait of an interval is below target',
    ],
    prediction:
      'against sources that do not react, with excess e = λ − μ and interval I: (T/2I)² drops by time T, caught up only at T = 2I²e with I²e² items queued',
    bestFor: 'sources that slow down on loss: TCP and its like, clients that back off',
    alsoCalled: [
      { name: 'codel', where: 'Linux tc' },
      { name: 'Controlled Delay', where: 'RFC 8289' },
    ],
    namingTrap:
      'CoDel in networks (RFC 8289, Linux) is codel here. CoDel in folly, made for services, is codel-service here: another rule with another result.',
    gotchas: [
      'Against open-loop load it is far too slow: 1000 surplus items per second need 20 s and a queue of 10 000 until it keeps up. Use codel-service, or a bounded queue.',
      'With a priority scheduler it is meant per class: prompt critical items end the time above target that a standing low class needs.',
      'Time that an item spends in a shaper, or waiting at the door, counts as wait: with batch or debounce set target above their window.',
      'A target below one service time can never be met: then it drops all the time.',
    ],
  },
} satisfies AqmDefinition as AqmDefinition;
