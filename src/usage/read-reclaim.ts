import pMap from 'p-map'
import {
  decodeHolders,
  decodeManifest,
  decodeTallies,
  type ManyHolders,
  type StoredHolder,
  type StoredManifest,
} from './codec.ts'
import { digestKey } from './digest-key.ts'
import { ABSENT } from './fact.ts'
import {
  type BlobList,
  type Content,
  type Freed,
  holdingOf,
  type ImageId,
  MEASURED,
  makeReclaimState,
  NOT_HELD,
  newContent,
  type ReclaimState,
} from './reclaim.ts'
import type { StoredList } from './reference-list.ts'
import { addSize, countsOf, type SizeCounts } from './size-counts.ts'

/**
 * What the projects of a registry hold in common, by key of the content. One map for all projects of a plan: if several of
 * them give up a content, the last one frees it. It only gets contents of images that were loaded.
 */
export type SharedHoldings = Map<string, SizeCounts>

/** What a project and its registry would no longer hold if images were deleted (reclaim.ts). */
export interface Reclaim {
  /**
   * Reads what it takes to delete these images, which may be of several repositories. Call it before `take`, once for all of
   * them or once for each repository. What it has read stays in memory, for the images that were loaded only.
   */
  load(images: readonly ImageId[]): Promise<void>
  /**
   * Deletes images, and gives what that frees in addition to those that are gone already. Called for each image in the order
   * of a plan, it gives an item's bytes: what it frees once it and all before it are gone. They add up to those of the plan.
   */
  take: ReclaimState['take']
  /** The reverse. Gives what that frees: zero or less. */
  putBack: ReclaimState['putBack']
}
export type { Freed, ImageId }

/** Reads the entries of a table or a hash; an empty buffer for a key without one. */
type LookUp = (keys: Buffer[]) => Promise<Buffer[]>

/** The reads that a `Reclaim` of one project needs. */
export interface ReclaimReads {
  /** The ids of repositories of the project; `undefined` for one that it does not have. */
  repositoryIds(names: string[]): Promise<(number | undefined)[]>
  manifests: LookUp
  blobs: LookUp
  /** Of the project's registry. */
  holders: LookUp
  /** The number of the project in its registry; `undefined` if the registry was told nothing of it yet. */
  projectNumber(): Promise<number | undefined>
  /** Sizes other than the base that manifests (`s`) state, or links (`m`) measured, for a blob (scripts/claims.lua). */
  otherSizes(kind: 's' | 'm', key: string): Promise<number[]>
  /** What those of many holders hold whose size is not that of the entry: the size, plus MEASURED (scripts/holders.lua). */
  otherHoldings(key: string): Promise<number[]>
}

/** Contents that one call looks up. */
const BATCH = 200
/** Such calls that are on their way to Redis at a time. */
const CALLS_AT_ONCE = 4

export function makeReclaim(reads: ReclaimReads, shared: SharedHoldings): Reclaim {
  const state = makeReclaimState()
  const { contents, manifests, repositoryIds } = state

  async function load(images: readonly ImageId[]): Promise<void> {
    const names = [...new Set(images.map(({ repository }) => repository))]
    const lacking = names.filter((name) => !repositoryIds.has(name))
    for (const [i, id] of (await reads.repositoryIds(lacking)).entries())
      if (id !== undefined) repositoryIds.set(lacking[i] ?? '', id)
    const keys = new Set(images.map(({ digest }) => digestKey(digest)).filter((key) => !manifests.has(key)))
    for (const batch of batches([...keys])) await loadManifests(batch)
  }

  async function loadManifests(keys: string[]): Promise<void> {
    const fields = keys.map(fieldOf)
    const records = await reads.manifests(fields)
    const found = fields.flatMap((field, i) => {
      const record = records[i]
      return record?.length ? [[keys[i] ?? '', decodeManifest(field, record)] as const] : []
    })
    const wanted = found.flatMap(([key, { lists }]) => [key, ...lists.flatMap(blobKeysOf)])
    const lacking = [...new Set(wanted)].filter((key) => !contents.has(key))
    await pMap(batches(lacking), loadContents, { concurrency: CALLS_AT_ONCE })
    for (const [key, manifest] of found) addManifest(key, manifest)
  }

  function addManifest(key: string, { lists, images }: StoredManifest): void {
    const content = contents.get(key)
    if (content === undefined) return
    manifests.set(key, {
      content,
      lists: lists.map(blobListOf),
      images: images.map(({ repositoryId, sizedAt, size, listTimes }) => ({
        ...{ repositoryId, isGone: false, sizedAt, size },
        lists: listTimes.map(({ list }) => lists.indexOf(list)),
      })),
    })
  }

  /** A list has a blob that is named twice with its largest size first. That one counts. */
  function blobListOf({ references }: StoredList): BlobList {
    const list: BlobList = { contents: [], sizes: [] }
    let last: string | undefined
    for (const { kind, key, size } of references) {
      const content = contents.get(key)
      if (kind === 'blob' && key !== last && content !== undefined) {
        list.contents.push(content)
        list.sizes.push(size)
      }
      last = key
    }
    return list
  }

  async function loadContents(keys: string[]): Promise<void> {
    const fields = keys.map(fieldOf)
    const unshared = keys.filter((key) => !shared.has(key))
    const [records, holders, number] = await Promise.all([
      reads.blobs(fields),
      reads.holders(unshared.map(fieldOf)),
      reads.projectNumber(),
    ])
    for (const [i, key] of keys.entries()) {
      const record = records[i]
      contents.set(key, record?.length ? await contentOf(key, record) : newContent())
    }
    for (const [i, key] of unshared.entries()) {
      const [record, content] = [holders[i], contents.get(key)]
      if (!record?.length || content === undefined) continue
      const holdings = await holdingsOf(key, decodeHolders(record), { number, own: holdingOf(content) })
      if (holdings) shared.set(key, holdings)
    }
    for (const key of keys) {
      const content = contents.get(key)
      if (content) content.holdings = shared.get(key)
    }
  }

  async function contentOf(key: string, record: Buffer): Promise<Content> {
    const { isManifest, ownSize, stated, measured } = decodeTallies(record)
    const content: Content = {
      ...{ isManifest, ownSize, holdings: undefined },
      stated: countsOf(stated.base, stated.count - stated.others),
      measuredSize: undefined,
    }
    if (stated.others > 0) for (const size of await reads.otherSizes('s', key)) addSize(content.stated, size)
    if (measured.count > 0) {
      const base = measured.count > measured.others ? [measured.base] : []
      const others = measured.others > 0 ? await reads.otherSizes('m', key) : []
      content.measuredSize = Math.max(0, ...[...base, ...others].filter((size) => size !== ABSENT))
    }
    return content
  }

  /** What the projects hold, with `own` for this one. `undefined` if it is the only one. */
  async function holdingsOf(
    key: string,
    holders: StoredHolder[] | ManyHolders,
    { number, own }: { number: number | undefined; own: number },
  ): Promise<SizeCounts | undefined> {
    if (!Array.isArray(holders)) {
      const { size, count, measured } = holders
      const holdings = countsOf(size + MEASURED, measured)
      for (let i = measured; i < count; i++) addSize(holdings, size)
      for (const holding of await reads.otherHoldings(key)) addSize(holdings, holding)
      return holdings
    }
    const others = holders.filter((holder) => holder.number !== number)
    if (others.length === 0) return undefined
    const holdings = countsOf(0, 0)
    if (own !== NOT_HELD) addSize(holdings, own)
    for (const { size, isMeasured } of others) addSize(holdings, isMeasured ? size + MEASURED : size)
    return holdings
  }

  return { load, take: state.take, putBack: state.putBack }
}

const fieldOf = (key: string): Buffer => Buffer.from(key, 'hex')

const blobKeysOf = ({ references }: StoredList): string[] =>
  references.filter(({ kind }) => kind === 'blob').map(({ key }) => key)

function* batches(keys: string[]): Generator<string[]> {
  for (let from = 0; from < keys.length; from += BATCH) yield keys.slice(from, from + BATCH)
}
