/** Every active queue management, in the order of lists. One line each. */
import type { AqmDefinition } from './aqm.ts';
import codel from './codel.ts';
import codelService from './codel-service.ts';

export const AQMS = { codel, 'codel-service': codelService } as const satisfies Record<string, AqmDefinition>;
