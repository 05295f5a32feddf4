import { type Announcements, doomedIn, dueOf, judgeNotices, type RepositoryPlan } from './notice.ts'

/** When people were told that an image goes, and from when on it may; epoch µs. Null: the next run tells it. */
export interface PlannedNotice {
  announcedAt: number | null
  goesFrom: number | null
}

const NOT_YET: PlannedNotice = { announcedAt: null, goesFrom: null }

/**
 * What a plan says of notices, by digest, for each image of which it deletes something. What goes with another image was announced
 * with that, and goes after all to which it belongs. `now` and `notice` are in µs.
 */
export function noticesIn(
  plan: RepositoryPlan,
  announced: Announcements,
  now: number,
  notice: number,
): Map<string, PlannedNotice> {
  const doomed = doomedIn(plan)
  const { standing, toAnnounce } = judgeNotices(announced, doomed, now, notice)
  const fresh = new Set(toAnnounce.map(({ name }) => name))
  const byName = new Map<string, PlannedNotice>()
  const byDigest = new Map<string, PlannedNotice>()
  for (const { name, digest, parents } of doomed) {
    const own = fresh.has(name) ? undefined : standing.get(name)
    const told = own === undefined ? [] : [{ announcedAt: own.at, goesFrom: dueOf(own, notice) }]
    const all = fresh.has(name)
      ? [NOT_YET]
      : [...told, ...parents.map((parent) => byName.get(parent) ?? NOT_YET)]
    const found = {
      announcedAt: told[0]?.announcedAt ?? latest(all.map(({ announcedAt }) => announcedAt)),
      goesFrom: latest(all.map(({ goesFrom }) => goesFrom)),
    }
    byName.set(name, found)
    byDigest.set(digest, found)
  }
  return byDigest
}

const latest = (times: readonly (number | null)[]): number | null =>
  times.reduce((a, b) => (a === null || b === null ? null : Math.max(a, b)))
