import type { Logger } from '../platform/log.ts'
import type { CopyClient } from '../promotion/copy/copy-client.ts'
import { CopyError } from '../promotion/copy/copy-error.ts'
import { makeGraphReader } from '../promotion/copy/read-graph.ts'
import type { ScrubJob } from '../queue/jobs.ts'
import { asHeld } from '../registry/as-held.ts'
import { InvalidManifest, mayPass, RegistryError } from '../registry/registry-error.ts'
import { imageOf } from './broken-images.ts'
import type { BrokenRecord, BrokenRecords } from './broken-records.ts'
import { type Content, contentsOf, type Damage } from './damage.ts'
import { readContent } from './read-content.ts'
import { allowance, type Spent, spend } from './scrub-budget.ts'
import type { ScrubState } from './scrub-state.ts'
import type { ScrubResult } from './scrub-status.ts'
import type { WatchBroken } from './watch-broken.ts'

/** How a registry is scrubbed. */
export interface ScrubTarget {
  bytesPerDay: number
  /** ms */
  period: number
  /** As consumers reach it. */
  consumer: { client: CopyClient; url: string }
  /** The registry itself; the same if consumers pull from it. */
  own: { client: CopyClient; url: string }
}

/** An image with tags. `tags` may be some of them; then `tagCount` says how many there are. */
export interface ScrubImage {
  repository: string
  digest: string
  tags: readonly string[]
  tagCount?: number
}

/** A content that was found damaged is read again after so long, in ms. */
const AGAIN_MS = 3_600_000

/** After so long, in ms, it is tried again to read an image of which some could not be read: that takes of the budget of others. */
const UNREAD_MS = 86_400_000

/** For so many periods it is remembered that an image was read. One that is gone is forgotten then. */
const KEPT_PERIODS = 4

/** Images that one run reads again. */
const MOST_AGAIN = 10_000

/** After so many failures in a row the registry is left alone until the next run. */
const MOST_FAILURES = 5

/** What the registry itself says of a content that its consumers do not get right. */
type AtOwn = 'good' | 'damaged' | 'unread'

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
  const { state, records, watch, now } = deps

  return async function scrub({ registry, share }: ScrubJob): Promise<ScrubResult> {
    const result: ScrubResult = { registry, images: 0, bytes: 0, damaged: 0, unread: 0 }
    const target = deps.targetOf(registry)
    if (target === undefined) return result
    const { bytesPerDay, period, consumer, own } = target
    const isSame = consumer.url === own.url
    let spent: Spent | undefined = await sinceToday((await state.progress(registry)).spent)
    /** Contents that are known to be damaged. They break each image that has them. */
    const bad = new Map<string, Damage>()
    const hasRoom = await watch.roomAt(registry)
    for (const { damages } of await records.all(registry))
      for (const damage of damages) if (damage.at !== undefined) bad.set(damage.digest, damage)

    /** Images in a row that could not be read since the registry gave no good answer. */
    let failures = 0
    const mayRead = () =>
      !deps.stopped.aborted &&
      failures < MOST_FAILURES &&
      allowance(spent, { now: now(), bytesPerDay, share }) > 0

    /** A clock that was wrong, and ahead, must not let the budget of days that come be spent. */
    async function sinceToday(known: Spent | undefined): Promise<Spent | undefined> {
      const today = spend(known, 0, now(), bytesPerDay)
      if (known === undefined || known.day <= today.day) return known
      await state.note(registry, today, 0)
      return today
    }

    async function read(repository: string, content: Content): Promise<Damage | undefined> {
      let bytes = 0
      const onRead = (some: number) => {
        bytes += some
      }
      try {
        const damage = await readContent({ client: consumer.client, repository }, content, {
          ...{ onRead, signal: deps.stopped },
        })
        if (damage === undefined) return undefined
        return { ...damage, ...blame(isSame ? 'damaged' : await atOwn(repository, content, onRead)) }
      } finally {
        // What was read counts, also if the rest could not be.
        spent = spend(spent, bytes, now(), bytesPerDay)
        result.bytes += bytes
        deps.onRead(registry, bytes)
        await state.note(registry, spent, bytes)
      }
    }

    async function atOwn(
      repository: string,
      content: Content,
      onRead: (bytes: number) => void,
    ): Promise<AtOwn> {
      try {
        const damage = await readContent({ client: own.client, repository }, content, {
          ...{ onRead, signal: deps.stopped },
        })
        return damage === undefined ? 'good' : 'damaged'
      } catch (error) {
        if (error instanceof RegistryError) return 'unread'
        throw error
      }
    }

    /** Who is to be looked at. */
    function blame(found: AtOwn): Pick<Damage, 'at' | 'isInFront'> {
      if (isSame) return { at: `as ${own.url} serves it: look at the storage of the registry` }
      const here = `as ${consumer.url}`
      const itself = `the registry itself, ${own.url},`
      switch (found) {
        case 'good':
          return {
            at: `${here} serves it; ${itself} has it right: look at what is in front of it`,
            isInFront: true,
          }
        case 'damaged':
          return { at: `${here} and ${itself} serve it: look at the storage of the registry` }
        case 'unread':
          return { at: `${here} serves it; ${itself} could not be read` }
      }
    }

    /** Its manifests, through the consumers' URL. What is wrong with one of them is a damage. */
    async function readGraph({ repository, digest }: ScrubImage) {
      const side = { client: consumer.client, repository }
      const read = (from: typeof side) =>
        makeGraphReader({ from, sparse: 'allow', signal: deps.stopped }).read(digest)
      try {
        return { nodes: await read(side), damage: undefined }
      } catch (error) {
        const isAbsent = error instanceof CopyError && error.code === 'absent'
        const isWrong = error instanceof RegistryError && error.isWrongContent
        if (!isAbsent && !isWrong) throw error
        const found = isSame ? 'damaged' : await graphAtOwn(() => read({ client: own.client, repository }))
        // Gone from both: it was deleted, and a reconcile will say so.
        if (isAbsent && found === 'damaged') return { nodes: [], damage: undefined }
        if (isAbsent && found === 'unread') throw error
        const fault = isAbsent ? ('missing' as const) : ('corrupt' as const)
        const damage: Damage = { digest, part: 'manifest', fault, size: 0, ...blame(found) }
        return { nodes: [], damage }
      }
    }

    async function graphAtOwn(read: () => Promise<unknown>): Promise<AtOwn> {
      try {
        await read()
        return 'good'
      } catch (error) {
        const isAbsent = error instanceof CopyError && error.code === 'absent'
        const isWrong = error instanceof RegistryError && error.isWrongContent
        return isAbsent || isWrong ? 'damaged' : 'unread'
      }
    }

    /**
     * Whether the registry itself has the manifest now. If it was deleted meanwhile, its content may be gone, too. @throws
     * RegistryError if it cannot be read: then the storage may be away, and what seems to be missing is not
     */
    const isThere = async ({ repository, digest }: ScrubImage): Promise<boolean> =>
      (await own.client.getManifest(repository, digest)) !== undefined

    /** Gives whether the image was read to its end. `sinceOf` a content: if it was read before, it counts as unread. */
    async function scrubImage(image: ScrubImage, sinceOf: (digest: string) => number): Promise<boolean> {
      const { repository, digest } = image
      const { nodes, damage } = await readGraph(image)
      const damages: Damage[] = damage === undefined ? [] : [damage]
      const good = new Set<string>(damage === undefined ? nodes.map((node) => node.digest) : [])
      const find = (wanted: string) => consumer.client.headBlob(repository, wanted)
      const contents = new Map<string, Content>()
      const fresh = new Map<string, Damage>()
      for (const { manifest } of nodes)
        for (const content of contentsOf(await asHeld(manifest, find))) contents.set(content.digest, content)
      let isDone = true
      for (const content of contents.values()) {
        const known = bad.get(content.digest)
        if (known !== undefined) damages.push(known)
        if (known !== undefined) continue
        if ((await state.readAt(registry, content.digest)) > sinceOf(content.digest)) {
          good.add(content.digest)
          continue
        }
        if (!mayRead()) {
          isDone = false
          break
        }
        const found = await read(repository, content)
        if (found === undefined) {
          good.add(content.digest)
          await state.noteRead(registry, content.digest, now())
        } else {
          fresh.set(content.digest, found)
        }
      }
      if (fresh.size > 0 && !(await isThere(image))) return isDone
      for (const [content, found] of fresh) {
        bad.set(content, found)
        damages.push(found)
        result.damaged++
      }
      await record(image, damages, good)
      // An image that is damaged is looked at again: what it lacks may come back.
      if (isDone && damages.length === 0) await state.noteRead(registry, digest, now())
      return isDone
    }

    async function record(image: ScrubImage, damages: readonly Damage[], good: ReadonlySet<string>) {
      const before = await records.find(registry, image)
      const found = new Set(damages.map(({ digest }) => digest))
      const kept = (before?.damages ?? []).filter(
        (one) => !found.has(one.digest) && !(one.at !== undefined && good.has(one.digest)),
      )
      const all = [...kept, ...damages]
      if (all.length === 0) {
        if (before !== undefined) await records.remove(registry, image)
        return
      }
      if (before === undefined && !hasRoom(image.repository)) {
        // It would be read again by each run.
        await state.noteUnread(registry, image.digest, now())
        return
      }
      const { repository, digest, tags, tagCount = tags.length } = image
      await watch.write(registry, { ...imageOf(repository, digest, tags, all), tagCount }, before?.since)
    }

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

    const wasUnread = async ({ digest }: ScrubImage): Promise<boolean> =>
      (await state.unreadAt(registry, digest)) > now() - UNREAD_MS

    async function tryImage(
      image: ScrubImage | BrokenRecord,
      sinceOf: (digest: string) => number,
    ): Promise<boolean> {
      const bytesBefore = result.bytes
      try {
        const isDone = await scrubImage(image, sinceOf)
        failures = 0
        if (isDone) {
          result.images++
          await state.noteImage(registry)
        }
        return isDone
      } catch (error) {
        // The next run begins this content anew.
        if (deps.stopped.aborted) return false
        const isOfRegistry =
          error instanceof RegistryError || error instanceof CopyError || error instanceof InvalidManifest
        if (!isOfRegistry) throw error
        result.unread++
        const mayComeBack = error instanceof RegistryError && (mayPass(error) || error.status === 401)
        failures = mayComeBack ? failures + 1 : 0
        // What is not understood stays so; and what was read in vain takes of the budget of others.
        if (result.bytes > bytesBefore || !(error instanceof RegistryError))
          await state.noteUnread(registry, image.digest, now())
        const name = `${registry}/${image.repository}@${image.digest}`
        deps.log.warn({ registry, image: name, err: error }, `${name} could not be scrubbed`)
        return true
      }
    }

    const before = now() - period
    await state.forget(registry, { read: now() - KEPT_PERIODS * period, unread: now() - UNREAD_MS })
    await lookAgain()
    for (const { repository, at } of await state.first(registry)) {
      let isDone = true
      for await (const image of deps.images(registry, repository)) {
        if (!mayRead()) isDone = false
        if (!isDone) break
        if ((await state.readAt(registry, image.digest)) <= at) isDone = await tryImage(image, () => at)
      }
      if (!isDone) break
      await state.noteFirstDone(registry, repository)
    }
    // Each is read once before any is read again: a budget that is too small must not read only what is used most.
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
    await state.noteRun(registry, now())
    await watch.tell(registry, new Date(now()).toISOString(), 'seldom')
    return result
  }
}
export type Scrub = ReturnType<typeof makeScrub>
