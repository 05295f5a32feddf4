import { asHeld } from '../registry/as-held.ts'
import { imageOf } from './broken-images.ts'
import type { BrokenRecords } from './broken-records.ts'
import { type Content, contentsOf, type Damage } from './damage.ts'
import type { ScrubState } from './scrub-state.ts'
import type { ScrubTurn } from './scrub-turn.ts'
import type { ScrubView } from './scrub-view.ts'
import type { WatchBroken } from './watch-broken.ts'

/** An image with tags. `tags` may be some of them; then `tagCount` says how many there are. */
export interface ScrubImage {
  repository: string
  digest: string
  tags: readonly string[]
  tagCount?: number
}

/**
 * Makes what reads one image of a registry, and records whether it is whole. `bad` has the contents of the registry that are known
 * to be damaged, and gets those that are found: they break each image that has them, and are not read again.
 */
export function makeScrubImage(deps: {
  registry: string
  view: ScrubView
  turn: Pick<ScrubTurn, 'mayRead' | 'counted'>
  bad: Map<string, Damage>
  state: ScrubState
  records: BrokenRecords
  watch: Pick<WatchBroken, 'write'>
  /** Whether one more image of a repository may be recorded as broken. */
  hasRoom: (repository: string) => boolean
  /** epoch ms */
  now: () => number
}) {
  const { registry, view, turn, bad, state, records, now } = deps

  /** The contents that its manifests name, by digest. */
  async function contentsIn(repository: string, nodes: Awaited<ReturnType<ScrubView['manifests']>>['nodes']) {
    const contents = new Map<string, Content>()
    for (const { manifest } of nodes) {
      const held = await asHeld(manifest, (wanted) => view.headBlob(repository, wanted))
      for (const content of contentsOf(held)) contents.set(content.digest, content)
    }
    return contents.values()
  }

  /** `isDone`: it was read to its end. `damaged`: contents that were found damaged now. */
  return async function scrubImage(
    image: ScrubImage,
    /** If a content was read before that time (epoch ms), it counts as unread. */
    sinceOf: (digest: string) => number,
  ): Promise<{ isDone: boolean; damaged: number }> {
    const { repository, digest } = image
    const { nodes, damage } = await view.manifests(repository, digest)
    const damages: Damage[] = damage === undefined ? [] : [damage]
    const good = new Set<string>(damage === undefined ? nodes.map((node) => node.digest) : [])
    const fresh = new Map<string, Damage>()
    let isDone = true
    for (const content of await contentsIn(repository, nodes)) {
      const known = bad.get(content.digest)
      if (known !== undefined) {
        damages.push(known)
        continue
      }
      if ((await state.readAt(registry, content.digest)) > sinceOf(content.digest)) {
        good.add(content.digest)
        continue
      }
      if (!turn.mayRead()) {
        isDone = false
        break
      }
      const found = await turn.counted((onRead) => view.content(repository, content, onRead))
      if (found === undefined) {
        good.add(content.digest)
        await state.noteRead(registry, content.digest, now())
      } else {
        fresh.set(content.digest, found)
      }
    }
    if (fresh.size > 0 && !(await view.hasManifest(repository, digest))) return { isDone, damaged: 0 }
    for (const [content, found] of fresh) {
      bad.set(content, found)
      damages.push(found)
    }
    await record(image, damages, good)
    // An image that is damaged is looked at again: what it lacks may come back.
    if (isDone && damages.length === 0) await state.noteRead(registry, digest, now())
    return { isDone, damaged: fresh.size }
  }

  async function record(image: ScrubImage, damages: readonly Damage[], good: ReadonlySet<string>) {
    const { repository, digest, tags, tagCount = tags.length } = image
    const before = await records.find(registry, image)
    const found = new Set(damages.map((one) => one.digest))
    const kept = (before?.damages ?? []).filter(
      (one) => !found.has(one.digest) && !(one.at !== undefined && good.has(one.digest)),
    )
    const all = [...kept, ...damages]
    if (all.length === 0) {
      if (before !== undefined) await records.remove(registry, image)
    } else if (before === undefined && !deps.hasRoom(repository)) {
      // It would be read again by each run.
      await state.noteUnread(registry, digest, now())
    } else {
      await deps.watch.write(registry, { ...imageOf(repository, digest, tags, all), tagCount }, before?.since)
    }
  }
}
