import { DEFAULT_CAPACITY_ITEMS } from '../channel/channel.ts';
import { Credits, findCreditProblem } from '../channel/credits.ts';
import { SeriesChannel } from '../channel/relay.ts';
import block from '../overflow/block.ts';
import type { Params } from '../strategies/definition.ts';
import { stagesAfter, stagesBefore } from './split-stages.ts';
import type { TopologyDefinition } from './topology.ts';

/**
 * A bounded queue, one forwarder, and the main queue behind it. The strategy's overflow policy stands at the first
 * one; at the main queue the forwarder waits.
 *
 * When to use: to keep short stalls of the consumer away from the producers.
 * Gotchas: it only moves the bound: under lasting overload the first queue overflows.
 */
export default {
  name: 'relay',
  stage: 'topology',
  summary: 'a queue and a forwarder before the main queue',
  params: [
    {
      key: 'capacity',
      name: 'capacityItems',
      unit: 'items',
      min: 1,
      default: DEFAULT_CAPACITY_ITEMS,
      summary: 'items that the queue before the forwarder holds',
    },
    {
      key: 'window',
      name: 'windowItems',
      unit: 'items',
      min: 0,
      default: 0,
      summary: 'items that may be forwarded and not yet done with; 0 for whatever fits',
    },
    {
      key: 'batch',
      name: 'batchItems',
      unit: 'items',
      min: 1,
      default: 1,
      summary: 'items done with after which the forwarder may send as many more; at most the window',
    },
  ],
  effects: {},
  reasons: [],
  findProblem: (params) => {
    const { window, batch } = creditsOf(params);
    return window === 0 ? undefined : findCreditProblem(window, batch);
  },
  create: (params, openQueue, options) => {
    const { window, batch } = creditsOf(params);
    const { overflow, capacityItems, stages, ...rest } = options;
    return new SeriesChannel({
      ...(options.onEnd === undefined ? {} : { onEnd: options.onEnd }),
      ...(options.onReady === undefined ? {} : { onReady: options.onReady }),
      ...(options.onDisconnect === undefined ? {} : { onDisconnect: options.onDisconnect }),
      ...(window === 0 ? {} : { credits: new Credits({ window, batch }) }),
      openUpstream: (hooks) =>
        openQueue({
          ...rest,
          overflow,
          capacityItems: Number(params['capacityItems']),
          stages: stagesBefore(stages),
          ...hooks,
        }),
      openDownstream: (hooks) =>
        openQueue({
          ...rest,
          overflow: block,
          maxWaiters: 1, // the forwarder, whatever the producers may
          ...(capacityItems === undefined ? {} : { capacityItems }),
          stages: stagesAfter(stages),
          ...hooks,
        }),
    });
  },
  details: {
    rule: 'Offers go to a first queue, where the overflow policy stands. One forwarder moves items on to the main queue as long as they fit, in order; else it waits with one item in hand. With a window it sends only what the consumer has asked for: window items at first, then batch more each time that batch of them are done with.',
    guarantees: [
      'order: that of both queues; the forwarder overtakes nothing',
      'loss: at the first queue alone, by the overflow policy',
    ],
    prediction:
      'fills after (U + B + 1)/(λ−μ), U and B the two capacities; then loss 1 − μ/λ as without it; drop-oldest: age about U/λ + (B + 1)/μ; drop-newest: age about (U + B + 1)/μ',
    bestFor: 'stalls shorter than (U + B + 1)/(λ−μ), with handlers that must not wait',
    alsoCalled: [
      { name: 'relay', where: 'termtap, websocket' },
      { name: 'forwarder', where: 'ironstar, one per client' },
      { name: 'request(n)', where: 'Reactive Streams, for the window' },
      { name: 'max_demand and min_demand', where: 'GenStage: 1000, asked again at 500' },
      { name: 'prefetch', where: 'RabbitMQ: 200, then 100' },
    ],
    namingTrap: null,
    gotchas: [
      'It moves the bound and does not remove it: what the consumer cannot take is still lost, or waits.',
      'Two queues in series add up their ages: even drop-oldest delivers what has waited through the main queue.',
      'A time limit counts at each of the two queues anew.',
      'An admission rule that limits what is under way sees the first queue alone: forwarded is done, for it.',
    ],
  },
} satisfies TopologyDefinition as TopologyDefinition;

function creditsOf(params: Params): { window: number; batch: number } {
  return { window: Number(params['windowItems']), batch: Number(params['batchItems']) };
}
