import type { RegistryAlert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import type { SharedHoldings } from '../usage/read-reclaim.ts'
import type { Held } from './decision.ts'
import type { ChosenImages } from './evicted.ts'
import type { ExpiryPolicy } from './plan.ts'
import type { Planner } from './planner.ts'

/** So few images may always be deleted: of three images, one is a third. */
const FEW = 10

/** Counts what the plan of a project deletes. Give the same `bytes` for all projects of a run. */
export async function countPlan(
  planner: Pick<Planner, 'planProject'>,
  policy: ExpiryPolicy,
  project: string,
  options: { bytes: SharedHoldings; evicted?: ChosenImages },
): Promise<Omit<Held, 'project'>> {
  const counts = { deletes: 0, images: 0, bytes: 0 }
  for await (const decisions of planner.planProject(policy, project, options))
    for (const { verdict, reclaimableBytes = 0 } of decisions) {
      counts.images += 1
      if (verdict === 'delete') counts.deletes += 1
      counts.bytes += reclaimableBytes
    }
  return counts
}

/** Whether a plan deletes a larger share of a project's images than `maxShare`, from 0 to 1. */
export const isTooMuch = ({ deletes, images }: Pick<Held, 'deletes' | 'images'>, maxShare: number): boolean =>
  deletes > FEW && deletes > images * maxShare

/** The alert about projects in which a run deletes nothing. Runs of one day (RFC 3339 `at`) give one alert. */
export function heldAlert(
  { policy, registry, at }: { policy: string; registry: string; at: string },
  held: readonly Held[],
  maxShare: number,
): RegistryAlert {
  const projects = held.map(({ project, deletes, images }) => `${project} (${deletes} of ${images} images)`)
  const others = projects.length > 5 ? ` and ${projects.length - 5} more` : ''
  const share = `${Math.round(maxShare * 100)}%`
  return {
    id: jobId('expiry held', policy, registry, at.slice(0, 'YYYY-MM-DD'.length)),
    ...{ at, registry, event: 'expiry.held' as const },
    text:
      `${registry}: the expiry policy "${policy}" would delete more than ${share} of the images of ` +
      `${projects.slice(0, 5).join(', ')}${others}, and deletes nothing there. If this is meant: ` +
      `tallyman expire ${policy} --apply --accept-share`,
  }
}
