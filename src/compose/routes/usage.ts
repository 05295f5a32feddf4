import { catalogueRoute } from '../../http/catalogue-route.ts'
import { contentsRoute } from '../../http/contents-route.ts'
import { growthRoute } from '../../http/growth-route.ts'
import { historyRoute } from '../../http/history-route.ts'
import { imagesRoute } from '../../http/images-route.ts'
import { overviewLiveRoute } from '../../http/overview-live-route.ts'
import { overviewRoute } from '../../http/overview-route.ts'
import { projectsRoute } from '../../http/projects-route.ts'
import { reclaimableRoute } from '../../http/reclaimable-route.ts'
import { reportRoute } from '../../http/report-route.ts'
import { repositoriesRoute } from '../../http/repositories-route.ts'
import { usagesOf } from '../../usage/project-sizes.ts'
import { overviewOf } from '../overview.ts'
import type { OnRedis, Parts } from '../parts.ts'
import type { Shared } from './shared.ts'

/** Who uses how much, since when. */
export function usageRoutes(parts: Parts, onRedis: OnRedis, shared: Shared) {
  const { config, prefix, registries } = parts
  const { redis } = onRedis
  const { overview, withGrowth } = overviewOf(parts, onRedis, shared.standings)
  const usages = (ids: readonly string[]) => usagesOf({ redis, prefix }, ids)
  const common = { ...onRedis, ...shared, now: Date.now }
  return [
    overviewRoute({ ...shared, overview }),
    overviewLiveRoute({ ...shared, overview }),
    projectsRoute({ ...common, usagesOf: usages, withGrowth }),
    contentsRoute({ ...common, findProtections: onRedis.planning.findProtections }),
    repositoriesRoute(common),
    imagesRoute(common),
    reclaimableRoute(common),
    historyRoute({ ...common, registries: shared.registryNames }),
    growthRoute(common),
    reportRoute({ ...common, registries }),
    catalogueRoute({
      ...{ ...common, isPublic: config.login.public, registries: shared.registryNames, usagesOf: usages },
    }),
  ]
}
