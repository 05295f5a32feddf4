import type { Dialect } from './dialect.ts'
import { ecr } from './ecr.ts'
import { gitlab } from './gitlab.ts'
import { harbor } from './harbor.ts'
import { quay } from './quay.ts'
import { zot } from './zot.ts'

/** By the name that `dialect:` has in the configuration. */
export const DIALECTS = { ecr, gitlab, harbor, quay, zot } satisfies Record<string, Dialect>
export type DialectName = keyof typeof DIALECTS

export const DIALECT_NAMES = Object.keys(DIALECTS) satisfies string[] as DialectName[]
