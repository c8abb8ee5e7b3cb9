import { describe, expect, it } from 'vitest';
import { ConnectionLimit } from '../../src/system/resources/connection-limit.ts';
import { MemoryBudget } from '../../src/system/resources/memory-budget.ts';
import { TaskRegistry } from '../../src/system/resources/task-registry.ts';

describe('memory budget', () => {
  it('never grants more than its limit', () => {
    const budget = new MemoryBudget(100);
    expect(budget.tryReserve(60)).toBe(true);
    expect(budget.tryReserve(41)).toBe(false);
    expect(budget.tryReserve(40)).toBe(true);
    expect({ used: budget.usedBytes, max: budget.maxBytes, denials: budget.denials }).toEqual({
      used: 100,
      max: 100,
      denials: 1,
    });
  });

  it('serves those who wait in order, and lets nobody overtake them', async () => {
    const budget = new MemoryBudget(100);
    budget.tryReserve(100);
    const order: string[] = [];
    const large = budget.reserve(80, null).then(() => order.push('large'));
    const small = budget.reserve(10, null).then(() => order.push('small'));
    expect(budget.tryReserve(1)).toBe(false);
    budget.release(50);
    expect(budget.tryReserve(1)).toBe(false);
    budget.release(50);
    await Promise.all([large, small]);
    expect(order).toEqual(['large', 'small']);
    expect(budget.usedBytes).toBe(90);
  });

  it('gives up after the time-out without taking anything, and lets the next one in', async () => {
    const budget = new MemoryBudget(100);
    budget.tryReserve(50);
    const large = budget.reserve(80, 5);
    const small = budget.reserve(50, null);
    expect(await large).toBe(false);
    expect(await small).toBe(true);
    expect(budget.usedBytes).toBe(100);
  });

  it('lets whoever has gone out of the line, and the next one in', async () => {
    const budget = new MemoryBudget(100);
    budget.tryReserve(50);
    const gone = new AbortController();
    const large = budget.reserve(80, null, gone.signal);
    const small = budget.reserve(50, null);
    gone.abort();
    expect([await large, await small]).toEqual([false, true]);
    expect(await budget.reserve(0, null, gone.signal)).toBe(false);
    budget.release(100);
    expect(budget.usedBytes).toBe(0);
  });

  it('refuses at once what can never fit, and everybody at shutdown', async () => {
    const budget = new MemoryBudget(100);
    expect(await budget.reserve(101, null)).toBe(false);
    budget.tryReserve(100);
    const waiting = budget.reserve(1, null);
    budget.refuseWaiting();
    expect(await waiting).toBe(false);
  });

  it('counts without a limit', () => {
    const budget = new MemoryBudget(null);
    expect(budget.tryReserve(1e12)).toBe(true);
    expect(budget.usedBytes).toBe(1e12);
  });
});

describe('connection limit', () => {
  it('admits exactly its limit over all paths and takes leavers’ places', () => {
    const limit = new ConnectionLimit(2);
    expect([limit.admit('sse'), limit.admit('ws'), limit.admit('proxy')]).toEqual([true, true, false]);
    limit.leave('ws');
    expect(limit.admit('proxy')).toBe(true);
    expect(limit.sample()).toEqual({
      sse: { open: 1, admitted: 1, rejected: 0 },
      ws: { open: 0, admitted: 1, rejected: 0 },
      proxy: { open: 1, admitted: 1, rejected: 1 },
    });
  });
});

describe('task registry', () => {
  it('counts live tasks by kind and the most that one connection had', () => {
    const tasks = new TaskRegistry();
    const owner = { tasks: 0 };
    const reader = tasks.begin('reader', owner);
    const writer = tasks.begin('writer', owner);
    tasks.begin('reader', { tasks: 0 });
    expect(tasks.byKind()).toEqual({ reader: 2, writer: 1 });
    reader.end();
    reader.end();
    writer.end();
    expect({ open: tasks.open, kinds: tasks.byKind(), max: tasks.maxPerOwner }).toEqual({
      open: 1,
      kinds: { reader: 1 },
      max: 2,
    });
  });
});
