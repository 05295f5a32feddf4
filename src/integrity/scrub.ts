import type { Logger } from '../platform/log.ts'
import { CopyError } from '../promotion/copy/copy-error.ts'
import type { ScrubJob } from '../queue/jobs.ts'
import { InvalidManifest, mayPass, RegistryError } from '../registry/registry-error.ts'
import type { BrokenRecord, BrokenRecords } from './broken-records.ts'
import type { Damage } from './damage.ts'
import { makeScrubImage, type ScrubImage } from './scrub-image.ts'
import type { ScrubState } from './scrub-state.ts'
import type { ScrubResult } from './scrub-status.ts'
import { makeScrubTurn } from './scrub-turn.ts'
import { makeScrubView, type ScrubSide } from './scrub-view.ts'
import type { WatchBroken } from './watch-broken.ts'

/** How a registry is scrubbed. */
export interface ScrubTarget {
  bytesPerDay: number
  /** ms */
  period: number
  /** As consumers reach it. */
  consumer: ScrubSide
  /** The registry itself; the same if consumers pull from it. */
  own: ScrubSide
}

/** A content that was found damaged is read again after so long, in ms. */
const AGAIN_MS = 3_600_000

/** After so long, in ms, it is tried again to read an image of which some could not be read: that takes of the budget of others. */
const UNREAD_MS = 86_400_000

/** For so many periods it is remembered that an image was read. One that is gone is forgotten then. */
const KEPT_PERIODS = 4

/** Images that one run reads again. */
const MOST_AGAIN = 10_000

/**
 * Makes what reads images of a registry through the URL that consumers use, and hashes them, within a budget. It goes on where
 * the last scrub has stopped: what was read within the period is not read again.
 */
export function makeScrub(deps: {
  targetOf: (registry: string) => ScrubTarget | undefined
  state: ScrubState
  records: BrokenRecords
  watch: Pick<WatchBroken, 'tell' | 'write' | 'roomAt'>
  /** Images with tags; those that are used most come first. With `repository`, only its images. */
  images: (registry: string, repository?: string) => AsyncIterable<ScrubImage>
  /** Told the bytes that were read. */
  onRead: (registry: string, bytes: number) => void
  /** Ends what is being read: a layer may take minutes. */
  stopped: AbortSignal
  /** epoch ms */
  now: () => number
  log: Logger
}) {
  const { state, records, watch, stopped, now } = deps

  return async function scrub({ registry, share }: ScrubJob): Promise<ScrubResult> {
    const result: ScrubResult = { registry, images: 0, bytes: 0, damaged: 0, unread: 0 }
    const target = deps.targetOf(registry)
    if (target === undefined) return result
    const { bytesPerDay, period } = target
    const bad = new Map<string, Damage>()
    const hasRoom = await watch.roomAt(registry)
    for (const { damages } of await records.all(registry))
      for (const damage of damages) if (damage.at !== undefined) bad.set(damage.digest, damage)
    const onRead = (bytes: number) => deps.onRead(registry, bytes)
    const turn = await makeScrubTurn({ registry, bytesPerDay, share, state, onRead, stopped, now })
    const { mayRead } = turn
    const view = makeScrubView({ ...target, stopped })
    const scrubImage = makeScrubImage({
      ...{ registry, view, turn, bad, state, records, watch, hasRoom, now },
    })

    /** Whether the image was read as far as it can be. `sinceOf`: see `makeScrubImage`. */
    async function tryImage(
      image: ScrubImage | BrokenRecord,
      sinceOf: (digest: string) => number,
    ): Promise<boolean> {
      const bytesBefore = turn.bytes()
      try {
        const { isDone, damaged } = await scrubImage(image, sinceOf)
        result.damaged += damaged
        turn.noteWell(true)
        if (isDone) {
          result.images++
          await state.noteImage(registry)
        }
        return isDone
      } catch (error) {
        // The next run begins this content anew.
        if (stopped.aborted) return false
        const isOfRegistry =
          error instanceof RegistryError || error instanceof CopyError || error instanceof InvalidManifest
        if (!isOfRegistry) throw error
        result.unread++
        const mayComeBack = error instanceof RegistryError && (mayPass(error) || error.status === 401)
        turn.noteWell(!mayComeBack)
        // What is not understood stays so; and what was read in vain takes of the budget of others.
        if (turn.bytes() > bytesBefore || !(error instanceof RegistryError))
          await state.noteUnread(registry, image.digest, now())
        const name = `${registry}/${image.repository}@${image.digest}`
        deps.log.warn({ registry, image: name, err: error }, `${name} could not be scrubbed`)
        return true
      }
    }

    const wasUnread = async ({ digest }: ScrubImage): Promise<boolean> =>
      (await state.unreadAt(registry, digest)) > now() - UNREAD_MS

    /** Reads again what was found damaged a while ago. */
    async function lookAgain(): Promise<void> {
      for (const known of await records.all(registry)) {
        const damaged = known.damages.filter(({ at }) => at !== undefined)
        if (damaged.length === 0 || Date.parse(known.seenAt) > now() - AGAIN_MS || !mayRead()) continue
        if (await wasUnread(known)) continue
        const suspects = new Set(damaged.map(({ digest }) => digest))
        for (const digest of suspects) bad.delete(digest)
        // Another image that has it may have been read since.
        const seenAt = Date.parse(known.seenAt)
        await tryImage(known, (digest) => (suspects.has(digest) ? seenAt : now() - period))
      }
    }

    /** Reads all images of the repositories that come first. */
    async function readFirst(): Promise<void> {
      for (const { repository, at } of await state.first(registry)) {
        for await (const image of deps.images(registry, repository)) {
          if (!mayRead()) return
          const isRead = (await state.readAt(registry, image.digest)) > at
          if (!isRead && !(await tryImage(image, () => at))) return
        }
        await state.noteFirstDone(registry, repository)
      }
    }

    /** Each is read once before any is read again: a budget that is too small must not read only what is used most. */
    async function readRest(): Promise<void> {
      const before = now() - period
      const again: ScrubImage[] = []
      if (mayRead())
        for await (const image of deps.images(registry)) {
          if (!mayRead()) break
          const readAt = await state.readAt(registry, image.digest)
          if (readAt > before || (await wasUnread(image))) continue
          if (readAt === 0) await tryImage(image, () => before)
          else if (again.length < MOST_AGAIN) again.push(image)
        }
      for (const image of again) {
        if (!mayRead()) break
        await tryImage(image, () => before)
      }
    }

    await state.forget(registry, { read: now() - KEPT_PERIODS * period, unread: now() - UNREAD_MS })
    await lookAgain()
    await readFirst()
    await readRest()
    await state.noteRun(registry, now())
    await watch.tell(registry, new Date(now()).toISOString(), 'seldom')
    return { ...result, bytes: turn.bytes() }
  }
}
export type Scrub = ReturnType<typeof makeScrub>
