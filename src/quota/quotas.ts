import { makeGlob } from '../platform/glob.ts'
import type { Quota } from './evaluate.ts'

/** Finds the quota of a project: the first one in the configuration whose glob matches the project's id. */
export function makeQuotaOf<Q extends Quota>(quotas: readonly Q[]): (project: string) => Q | undefined {
  const compiled = quotas.map((quota) => ({ quota, matches: makeGlob(quota.project) }))
  return (project) => compiled.find(({ matches }) => matches(project))?.quota
}
