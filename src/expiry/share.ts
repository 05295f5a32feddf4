import type { RegistryAlert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Held } from './decision.ts'
import type { ExpiryPolicy } from './plan.ts'
import type { Planner } from './planner.ts'

/** So few images may always be deleted: of three images, one is a third. */
const FEW = 10

/** Counts what the plan of a project deletes. */
export async function countPlan(
  { planner, index }: { planner: Planner; index: Pick<UsageIndex, 'images'> },
  policy: ExpiryPolicy,
  project: string,
): Promise<Omit<Held, 'project'>> {
  const counts = { deletes: 0, images: 0, bytes: 0 }
  for (const repository of await planner.repositoriesIn(policy, project)) {
    const images = await index.images(project, repository)
    const sizes = new Map(images.map(({ digest, totalSize }) => [digest, totalSize]))
    for (const { verdict, digest } of await planner.decide(policy, project, images)) {
      counts.images += 1
      if (verdict !== 'delete') continue
      counts.deletes += 1
      counts.bytes += sizes.get(digest) ?? 0
    }
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
