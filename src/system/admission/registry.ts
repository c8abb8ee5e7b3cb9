/** Every admission stage, in the order of lists. One line each. */
import type { AdmissionDefinition } from './admission.ts';

export const ADMISSIONS = {} as const satisfies Record<string, AdmissionDefinition>;
