import { makeGlob } from '../platform/glob.ts'
import type { Quota } from './evaluate.ts'

/** The quota of a project: the first in the configuration whose glob matches its id. */
export function makeQuotaOf<Q extends Quota>(quotas: readonly Q[]): (project: string) => Q | undefined {
  const compiled = quotas.map((quota) => ({ quota, matches: makeGlob(quota.project) }))
  return (project) => compiled.find(({ matches }) => matches(project))?.quota
}
