/** Every action of an interceptor: one line each. */
import type { InterceptAction } from './action.ts';
import block from './block.ts';
import continueAction from './continue.ts';
import delay from './delay.ts';
import mock from './mock.ts';
import modify from './modify.ts';
import pause from './pause.ts';

export const ACTIONS = {
  continue: continueAction,
  modify,
  block,
  mock,
  pause,
  delay,
} as const satisfies Record<InterceptAction['name'], InterceptAction>;
