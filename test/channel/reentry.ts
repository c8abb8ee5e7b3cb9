/** P18: an owner that offers again whenever it is told of an end. */
import { createVirtualClock } from '../../src/core/clock.ts';
import { type Item, OVERHEAD_BYTES } from './item.ts';
import type { Setup } from './model.ts';
import { type MakeChannel, policyOf } from './trial.ts';

const OFFERS = 60;
/** The most that follow one offer; without a bound a policy that drops them all would never end. */
const REOFFERS = 50;

/** Ends that nest, items that overtake, or an account that does not add up. */
export async function findReentryProblem(setup: Setup, make: MakeChannel): Promise<string | undefined> {
  const clock = createVirtualClock();
  let nested = 0;
  let nestedMax = 0;
  let reoffers = 0;
  let nextId = 1;
  const offer = (): void => {
    const id = nextId++;
    void channel.offer({ id, size: 0, class: id % 3, key: `${id % 5}`, flow: `${id % 2}`, weight: 1 });
  };
  const policy = policyOf(setup);
  const channel = make(
    {
      overflow: policy,
      capacityItems: setup.capacityItems,
      capacityBytes: 0,
      perItemOverheadBytes: OVERHEAD_BYTES,
      maxWaiters: setup.maxWaiters,
      classOf: (item) => item.class,
      keyOf: (item) => item.key,
      flowOf: (item) => item.flow,
      clock,
      onEnd: () => {
        nested++;
        nestedMax = Math.max(nestedMax, nested);
        if (reoffers++ < REOFFERS) offer();
        nested--;
      },
    },
    setup,
  );
  const taken: Item[] = [];
  const take = (): boolean => {
    const item = channel.tryTake();
    if (item === undefined) return false;
    taken.push(item);
    channel.delivered(item);
    return true;
  };
  for (let i = 0; i < OFFERS; i++) {
    reoffers = 0;
    offer();
    if (i % 3 === 0) take();
    await null;
  }
  reoffers = REOFFERS;
  while (take()) await null;
  if (nestedMax > 1) return `${nestedMax} ends told one inside the other`;
  const late = taken.find((item, i) => i > 0 && item.id < (taken[i - 1] as Item).id);
  const keepsOrder = (policy.effects.reorders ?? 'never') === 'never';
  if (keepsOrder && late !== undefined) return `${late.id} was overtaken`;
  const { unaccounted } = channel.ledger();
  return unaccounted === 0 ? undefined : `${unaccounted} unaccounted`;
}
