/** Strategies that the WebSocket relay's architecture makes dangerous: whoever would wait is who makes the room. */
import type { BoundaryName } from '../core/boundary.ts';
import type { WsSettings } from '../core/plan.ts';
import type { StageSpec, StrategySpec } from '../core/strategy.ts';
import { findOverflowPolicy } from '../system/overflow/registry.ts';
import { effectsOfStage } from '../system/strategies/effects.ts';
import { type Ruling, tell } from '../system/strategies/legality.ts';
import type { StrategyProblem } from '../system/strategies/read.ts';

/** What decides who waits for whom. */
export type Architecture = Pick<WsSettings, 'architecture' | 'actor' | 'force'>;

/** Who offers to the outbound queue and is needed to empty it; `undefined` where those are two. */
function findSelfWaiter({ architecture, actor }: Architecture): string | undefined {
  switch (architecture) {
    case 'single-loop':
    case 'offload':
      return 'one loop reads and writes, so it would wait for room that only it makes, and answer no ping and no close meanwhile';
    case 'actor':
      return actor === 'fat'
        ? 'the writer asks the actor for each message, so the actor would wait for the writer, and the writer for the actor'
        : undefined;
    case 'split':
      return undefined;
  }
}

/** Rulings on a strategy at a boundary under an architecture, beside those that hold everywhere. */
export function findArchitectureRulings(
  spec: StrategySpec,
  boundary: BoundaryName,
  ws: Architecture,
): Ruling[] {
  return boundary === 'ws.mailbox' ? findUnused(spec, ws) : findSelfWaits(spec, boundary, ws);
}

function findUnused({ text }: StrategySpec, { architecture }: Architecture): Ruling[] {
  if (architecture === 'actor') return [];
  const harm = `architecture ${architecture} has no actor, so nothing goes through it`;
  return [{ level: 'warning', code: 'no-actor', parts: [], does: `${text} is for an actor's mailbox`, harm }];
}

/**
 * Parts under which somebody would wait for himself. With `force` they are no more than warned of: the dead-lock is
 * then real, and the run finds it.
 *
 * Nothing is refused at `ws.mailbox` for that: an actor that never waits empties it. It is part of a cycle only where
 * the actor waits for the outbound queue, and that is refused there.
 */
export function findSelfWaits({ stages }: StrategySpec, boundary: BoundaryName, ws: Architecture): Ruling[] {
  const waits = boundary === 'ws.outbound' ? findSelfWaiter(ws) : undefined;
  if (waits === undefined) return [];
  return stages
    .filter((stage) => effectsOfStage(stage).holdsProducer === true)
    .map((stage): Ruling => {
      const ends = endsByItself(stage);
      const outcome = ends
        ? 'each such wait ends at its deadline, and the connection stands still until then'
        : ws.force
          ? 'it is forced, so such a connection stands still for ever'
          : 'let the queue drop, or let another task empty it';
      return {
        level: ends || ws.force ? 'warning' : 'refused',
        code: 'waits-for-itself',
        parts: [stage.name],
        does: `${stage.name} makes producers wait`,
        harm: `under ${nameOf(ws)} ${waits}; ${outcome}`,
      };
    });
}

/** The refusals, with ways out. */
export function findArchitectureProblems(
  spec: StrategySpec,
  boundary: BoundaryName,
  ws: Architecture,
): StrategyProblem[] {
  return findArchitectureRulings(spec, boundary, ws)
    .filter(({ level }) => level === 'refused')
    .map((ruling) => ({
      message: `at ${boundary}: ${tell(ruling)}`,
      hints: [
        `--at ${boundary}=drop-newest`,
        ws.architecture === 'actor' ? '--set system.ws.actor=thin' : '--set system.ws.architecture=split',
        '--set system.ws.force=true plays it all the same, to study the dead-lock',
      ],
    }));
}

function nameOf({ architecture, actor }: Architecture): string {
  return architecture === 'actor' ? `architecture actor with actor ${actor}` : `architecture ${architecture}`;
}

/** An offer waits for a limited time. */
function endsByItself({ name, params }: StageSpec): boolean {
  const policy = findOverflowPolicy(name);
  return (policy?.configure?.(params) ?? policy)?.waitLimitMs !== undefined;
}
