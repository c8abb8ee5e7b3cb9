/** A DRR and a CoDel in few lines, sound without a bug, that take one bug by name. */
import codel from '../../src/system/aqm/codel.ts';
import type { Key } from '../../src/system/channel/entry.ts';
import drr from '../../src/system/scheduling/drr.ts';
import type { Scheduler } from '../../src/system/scheduling/scheduler.ts';
import type { Params } from '../../src/system/strategies/definition.ts';
import type { AqmMaking, Making } from '../scheduling/queue.ts';

type DrrBug =
  | 'none'
  | 'idles below the item size'
  | 'keeps the deficit when empty'
  | 'does not charge'
  | 'counts items'
  | 'charges evictions';

export function brokenDrr(bug: DrrBug): Making {
  return {
    ...drr,
    create<T>(params: Params): Scheduler<T> {
      const quantum = Number(params['quantumBytes']);
      const deficits = new Map<Key, number>();
      const round: Key[] = [];
      let turn: Key | undefined;
      const credit = (flow: Key, by: number) => deficits.set(flow, (deficits.get(flow) ?? 0) + by);
      return {
        next(queue) {
          for (let visits = 0; round.length > 0; visits++) {
            const flow = round[0] as Key;
            if (turn !== flow) credit(flow, quantum);
            turn = flow;
            const head = queue.flows.get(flow)?.oldest;
            if (head !== undefined && head.cost <= (deficits.get(flow) as number)) return head;
            round.push(round.shift() as Key);
            turn = undefined;
            if (bug === 'idles below the item size' && visits >= round.length) return undefined;
          }
          return undefined;
        },
        onEnqueue(entry) {
          if (round.includes(entry.flow)) return;
          round.push(entry.flow);
          if (bug !== 'keeps the deficit when empty') deficits.delete(entry.flow);
        },
        onRemove(entry, taken, queue) {
          const isCharged = bug !== 'does not charge' && (taken || bug === 'charges evictions');
          if (isCharged) credit(entry.flow, bug === 'counts items' ? -quantum : -entry.cost);
          if (queue.flows.has(entry.flow)) return;
          round.splice(round.indexOf(entry.flow), 1);
          if (turn === entry.flow) turn = undefined;
        },
      };
    },
  };
}

type CodelBug =
  | 'none'
  | 'resets the count on entry'
  | 'never counts'
  | 'drifts'
  | 'resumes for ever'
  | 'drops the last'
  | 'does not leave'
  | 'drops without an interval';

export function brokenCodel(bug: CodelBug): AqmMaking {
  return {
    ...codel,
    create(params: Params) {
      const targetNs = Number(params['targetMs']) * 1e6;
      const intervalNs = Number(params['intervalMs']) * 1e6;
      let aboveNs = Number.NaN;
      let isDropping = false;
      let nextNs = 0;
      let count = 0;
      let firstCount = 0;
      return {
        shouldDrop(entry, queue, nowNs) {
          const isLast = queue.depthItems <= 1 && bug !== 'drops the last';
          if (nowNs - entry.sinceNs < targetNs || isLast) {
            aboveNs = Number.NaN;
            if (bug !== 'does not leave') isDropping = false;
            else return isDropping && nowNs >= nextNs;
            return false;
          }
          if (Number.isNaN(aboveNs)) aboveNs = nowNs;
          if (nowNs < aboveNs + (bug === 'drops without an interval' ? 0 : intervalNs)) return false;
          if (isDropping && nowNs < nextNs) return false;
          if (isDropping) {
            if (bug !== 'never counts') count++;
            nextNs = (bug === 'drifts' ? nowNs : nextNs) + intervalNs / Math.sqrt(count);
            return true;
          }
          const delta = count - firstCount;
          const isSoon = nowNs - nextNs < 16 * intervalNs || bug === 'resumes for ever';
          count = delta > 1 && isSoon && bug !== 'resets the count on entry' ? delta : 1;
          firstCount = count;
          isDropping = true;
          nextNs = nowNs + intervalNs / Math.sqrt(count);
          return true;
        },
        onEmpty() {
          aboveNs = Number.NaN;
          isDropping = false;
        },
      };
    },
  };
}
