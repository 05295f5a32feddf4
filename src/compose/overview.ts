import { makePlanOnIndex } from '../expiry/plan-on-index.ts'
import { makeGrowthBases } from '../overview/growth-bases.ts'
import { makeOverview } from '../overview/overview.ts'
import { makePlanFreesCache } from '../overview/plan-frees.ts'
import { makeWithGrowth } from '../overview/with-growth.ts'
import type { Standings } from '../quota/standings.ts'
import { projectIdsOf } from '../usage/project-sizes.ts'
import type { Parts } from './parts.ts'

/** A larger project is not planned for the overview: some 10 s of work, in pieces. */
const MOST_MANIFESTS = 100_000

/** Makes the overview of all projects, and their standings with their growth. */
export function overviewOf(
  parts: Parts,
  onRedis: Awaited<ReturnType<Parts['onRedis']>>,
  standings: () => Promise<Standings>,
) {
  const { log, prefix, settings } = parts
  const { redis, index, histories, planning, doubtOf } = onRedis
  const registries = parts.registries.map(({ name }) => name)
  const policies = () => settings().expiry.policies
  const planFrees = makePlanFreesCache({
    plan: makePlanOnIndex({ planning, doubtOf, policies, mostManifests: MOST_MANIFESTS }),
    policies,
    onFailure: (project, err) =>
      log.debug({ project, err }, 'the overview does not tell what expiry would free'),
    now: Date.now,
  })
  parts.onClose(planFrees.stop)
  const growthBases = makeGrowthBases({
    ...{ registries, histories, now: Date.now },
    idsOf: (registry) => projectIdsOf({ redis, prefix }, registry),
  })
  return {
    overview: makeOverview({
      ...{ registries, standings, planFrees, growthBases, registryBytes: index.registryBytes },
    }),
    withGrowth: makeWithGrowth({ standings, growthBases }),
  }
}
