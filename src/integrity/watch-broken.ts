import type { RegistryAlert } from '../queue/alert.ts'
import { afterLook } from './after-look.ts'
import { brokenAlert, type DamagedContent, damagedContents, wholeAlert } from './broken-alert.ts'
import { type BrokenImage, brokenImages, type LookedAt } from './broken-images.ts'
import { type BrokenRecords, MOST_OF_PROJECT, MOST_RECORDS } from './broken-records.ts'

/** Contents for which copies are looked for, of those that an alert tells. */
const MOST_COPIED = 3

/** How often damage is told at most that scrubs find, in ms. */
const SELDOM_MS = 3_600_000

/** What a look at a registry finds of its images. */
export interface BrokenLook {
  /** Those with images that are known to be broken. */
  repositories(): string[]
  /** The digests of the images of a repository that are known to be broken: they are to be looked at again. */
  known(repository: string): string[]
  /** A repository was looked at, in part or whole. */
  look(reading: LookedAt): Promise<void>
}

/**
 * Keeps the records of broken images, and tells of those that are new, or that there are none any more. `now` is epoch ms.
 */
export function makeWatchBroken(deps: {
  records: BrokenRecords
  /** Told how many images are broken. */
  noteBroken: (registry: string, images: number) => Promise<void>
  projectIdOf: (place: { registry: string; repository: string }) => string
  /** Whether an index of the registry may lack children. */
  mayBeSparse: (registry: string) => boolean
  /** Where a damaged content is whole, as `registry/repository`. */
  findCopies: (registry: string, content: DamagedContent) => Promise<string[]>
  announce: (alert: RegistryAlert) => Promise<unknown>
  now: () => number
}) {
  const { records } = deps
  const isoNow = () => new Date(deps.now()).toISOString()

  async function write(registry: string, image: BrokenImage, since: string | undefined): Promise<void> {
    const { repository } = image
    const seenAt = isoNow()
    const project = deps.projectIdOf({ registry, repository })
    await records.set(registry, { ...image, project, since: since ?? seenAt, seenAt })
  }

  /** Makes what takes room for one more image of a repository: false if there is none. */
  function roomBeside(registry: string, all: readonly { project: string }[]) {
    let room = MOST_RECORDS - all.length
    const counts = new Map<string, number>()
    for (const { project } of all) counts.set(project, (counts.get(project) ?? 0) + 1)
    return (repository: string): boolean => {
      const project = deps.projectIdOf({ registry, repository })
      const count = counts.get(project) ?? 0
      if (room <= 0 || count >= MOST_OF_PROJECT) return false
      room--
      counts.set(project, count + 1)
      return true
    }
  }

  const roomAt = async (registry: string) => roomBeside(registry, await records.all(registry))

  /** Begins a look at a registry. */
  async function begin(registry: string): Promise<BrokenLook> {
    const all = await records.all(registry)
    const known = Map.groupBy(all, ({ repository }) => repository)
    const hasRoom = roomBeside(registry, all)
    const sparse = deps.mayBeSparse(registry)
    return {
      repositories: () => [...known.keys()],
      known: (repository) => (known.get(repository) ?? []).map(({ digest }) => digest),
      async look(reading) {
        const before = known.get(reading.repository) ?? []
        const { broken, whole } = brokenImages(reading, { sparse })
        if (before.length + broken.length === 0) return
        const there = new Set(
          [...reading.manifests, ...reading.unreadable].map((one) => 'digest' in one && one.digest),
        )
        const after = afterLook(before, { broken, whole, isThere: (digest) => there.has(digest) })
        for (const digest of after.remove)
          await records.remove(registry, { repository: reading.repository, digest })
        for (const image of after.set) {
          const recorded = before.find(({ digest }) => digest === image.digest)
          if (recorded === undefined && !hasRoom(reading.repository)) continue
          await write(registry, image, recorded?.since)
        }
      },
    }
  }

  /**
   * Tells what has changed since it was told last. `at` (RFC 3339) is that of the look: if it is repeated after a kill, the
   * alert is the same. `seldom`: for looks each few minutes. A storage that dies slowly would give an alert each time, so what is
   * new waits until the last damage was told an hour ago.
   */
  async function tell(registry: string, at: string, pace: 'at once' | 'seldom' = 'at once'): Promise<void> {
    const [all, last] = [await records.all(registry), await records.told(registry)]
    const told = new Set(last.digests)
    await deps.noteBroken(registry, all.length)
    const contents = damagedContents(all)
    const isEarly = pace === 'seldom' && Date.parse(at) - Date.parse(last.at ?? '') < SELDOM_MS
    const fresh = contents.filter(({ damage }) => !told.has(damage.digest))
    if (fresh.length > 0 && told.size > 0 && isEarly) return
    const copies = new Map(Object.entries(last.copies ?? {}))
    if (fresh.length > 0) {
      for (const content of fresh.slice(0, MOST_COPIED))
        if (!content.damage.isInFront)
          copies.set(content.damage.digest, await deps.findCopies(registry, content))
      const copiesOf = (digest: string) => copies.get(digest) ?? []
      await deps.announce(brokenAlert(registry, { contents: fresh, total: all.length, copiesOf, at }))
    } else if (contents.length === 0 && told.size > 0) await deps.announce(wholeAlert(registry, at))
    const digests = contents.map(({ damage }) => damage.digest)
    if (fresh.length === 0 && digests.length === told.size) return
    await records.setTold(registry, {
      ...{ digests, at: fresh.length > 0 ? at : last.at },
      copies: Object.fromEntries(digests.flatMap((one) => pairOf(one, copies.get(one)))),
    })
  }

  return { begin, tell, write, roomAt }
}

const pairOf = (digest: string, places: string[] | undefined): [string, string[]][] =>
  places === undefined ? [] : [[digest, places]]
export type WatchBroken = ReturnType<typeof makeWatchBroken>
