import type { Dialect } from './dialect.ts'
import { quay } from './quay.ts'
import { zot } from './zot.ts'

/** By the name that `dialect:` has in the configuration. */
export const DIALECTS: Readonly<Record<string, Dialect>> = {
  quay,
  zot,
}
