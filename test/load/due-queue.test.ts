import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DueQueue } from '../../src/load/due-queue.ts';

it('due queue: is an array with push and shift, whatever the order of calls', () => {
  const command = fc.oneof(
    { weight: 10, arbitrary: fc.integer({ min: 1, max: 50 }) },
    { weight: 8, arbitrary: fc.integer({ min: -50, max: -1 }) },
    { weight: 1, arbitrary: fc.constant(0) },
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 100 }), (commands) => {
      const queue = new DueQueue();
      const model: number[] = [];
      let next = 0;
      for (const count of commands) {
        if (count === 0) expect(queue.clear()).toBe(model.splice(0).length);
        for (let i = 0; i < count; i++) {
          queue.push(next + 0.5);
          model.push(next++ + 0.5);
        }
        for (let i = 0; i > count && model.length > 0; i--) expect(queue.shift()).toBe(model.shift());
        expect(queue.length).toBe(model.length);
      }
    }),
    { seed: 4711, numRuns: 200 },
  );
});
