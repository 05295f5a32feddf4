import { formatSize } from '../../../../src/platform/units.ts'

/** Something that explains a step of the line. `at`: epoch ms. */
export interface Mark {
  at: number
  kind: 'expiry' | 'promotion' | 'reconcile' | 'push'
  text: string
  /** Where there is more about it. */
  href?: string
}

interface Run {
  id: string
  at: string
  policy: string
  dryRun: boolean
  state: string
  progress: { freedBytes: number }
  outcomes: { deleted: number; untagged: number }
}
interface Receipt {
  id: string
  at: string
  image: string
  to: string
}
interface Report {
  finishedAt: string
  dryRun: boolean
  text: string
}
export interface Push {
  project: string
  image: string
  pushedAt: string
  pushedBy: string | null
  addedBytes: number
}

/** How many pushes are marked, and marks of each other kind at most: the newest. */
const PUSHES = 5
const MOST = 8

/** The marks of what happened from `from` on (epoch ms), the oldest first. */
export function marksOf(
  happened: {
    runs: readonly Run[]
    receipts: readonly Receipt[]
    reconciles: readonly Report[]
    pushes: readonly Push[]
  },
  from: number,
): Mark[] {
  const runs = happened.runs
    .filter(({ dryRun, outcomes }) => !dryRun && outcomes.deleted + outcomes.untagged > 0)
    .map(({ id, at, policy, progress, outcomes }): Mark => {
      const images = outcomes.deleted === 1 ? '1 image' : `${outcomes.deleted} images`
      const freed = formatSize(progress.freedBytes)
      return mark(
        'expiry',
        at,
        `Expiry by ${policy} deleted ${images}: ${freed} can come back`,
        `/runs/${encodeURIComponent(id)}`,
      )
    })
  const receipts = happened.receipts.map(({ id, at, image, to }) =>
    mark('promotion', at, `${image} was promoted to ${to}`, `/promotions/${encodeURIComponent(id)}`),
  )
  const reconciles = happened.reconciles
    .filter(({ dryRun }) => !dryRun)
    .map(({ finishedAt, text }) => mark('reconcile', finishedAt, text, '/registries'))
  const pushes = happened.pushes
    .toSorted((a, b) => b.addedBytes - a.addedBytes)
    .slice(0, PUSHES)
    .map(({ project, image, pushedAt, pushedBy, addedBytes }) =>
      mark(
        'push',
        pushedAt,
        `${pushedBy === null ? 'A push' : `${pushedBy} pushed`}${pushedBy === null ? ' of' : ''} ${shortImage(image)}: +${formatSize(addedBytes)}`,
        `/projects/${project}`,
      ),
    )
  const newest = (marks: Mark[]) =>
    marks
      .filter(({ at }) => at >= from)
      .toSorted((a, b) => b.at - a.at)
      .slice(0, MOST)
  return [...newest(runs), ...newest(receipts), ...newest(reconciles), ...newest(pushes)].toSorted(
    (a, b) => a.at - b.at,
  )
}

/** A digest as people know it. */
const shortImage = (image: string): string => image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1…')

const mark = (kind: Mark['kind'], at: string, text: string, href: string): Mark => ({
  ...{ kind, at: Date.parse(at), text, href },
})
