import type { Flag } from '../../queue/alert.ts'

/** The values of the label `flag`. */
export const FLAGS = ['ok', 'warning', 'over'] as const satisfies Flag[]
