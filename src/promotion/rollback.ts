import type { RegistryClient } from '../registry/client.ts'
import type { FetchedManifest } from '../registry/manifest-api.ts'
import { writeTag } from './copy/write-tag.ts'
import type { TaggedImage } from './match.ts'
import type { PromotionReceipt } from './receipt.ts'
import type { Receipts } from './receipts.ts'
import { rollbackId } from './rollback-of.ts'
import type { TargetRecord, Targets } from './targets.ts'
import type { HoldTag } from './turn.ts'
import { whyNotWhole } from './why-not-whole.ts'

/** A promotion cannot be rolled back. The target is as it was. */
export class RollbackRefused extends Error {
  override readonly name = 'RollbackRefused'
}

/** No promotion with this id has a receipt. */
export class NoSuchPromotion extends Error {
  override readonly name = 'NoSuchPromotion'
}

export const noReceipt = (id: string): string =>
  `no promotion "${id}" has a receipt: GET /v1/promotions lists those that have`

/** Deletes a tag, and keeps its image. @throws RollbackRefused, RegistryError */
export type RemoveTag = (from: TaggedImage, image: FetchedManifest) => Promise<void>

const NOTHING = { count: 0, bytes: 0 }

/**
 * Puts the target tag of a promotion back where it was before. A rollback has the same id each time, so that one that was killed
 * is ended by the next. `now` is epoch ms.
 * @throws NoSuchPromotion, RollbackRefused, TagInHand, RegistryError
 */
export function makeRollback(deps: {
  /** The names of those that are configured. */
  registries: readonly string[]
  clientOf: (registry: string) => RegistryClient
  isPlaceholder: (registry: string, repository: string, digest: string) => Promise<boolean>
  receipts: Receipts
  targets: Targets
  holdTag: HoldTag
  removeTag: RemoveTag
  now: () => number
}) {
  const { clientOf, receipts, targets } = deps

  return async function rollback(id: string, by: string): Promise<PromotionReceipt> {
    const undone = await receipts.find(id)
    if (undone === undefined) throw new NoSuchPromotion(noReceipt(id))
    if (!deps.registries.includes(undone.to.registry))
      throw refused(`the registry "${undone.to.registry}" is not configured any more`)
    return deps.holdTag(undone.to, () => rollBack(undone, by))
  }

  async function rollBack(undone: PromotionReceipt, by: string): Promise<PromotionReceipt> {
    const { to, digest, replaced } = undone
    const askedAt = new Date(deps.now()).toISOString()
    const id = rollbackId(undone.id)
    if (digest === undefined || undone.kind === 'rollback') throw refused('it is a rollback itself')
    const before = await receipts.find(id)
    if (before !== undefined) throw refused(`it was rolled back at ${before.at} by ${before.by}`)
    if (replaced === digest)
      throw refused(`it changed nothing: the tag named ${digest} before, and there is nothing to go back to`)
    const { last, writing } = await targets.read(to)
    if (last?.promotion !== id) {
      if (last?.promotion !== undone.id) throw refused(whyNotLast(last))
      // What was promoted last keeps its time: nothing that is older becomes "newer" than what the tag names now.
      const record = { ...last, digest: replaced ?? digest, promotion: id, rolledBack: digest }
      const begin = () => targets.begin(to, record, digest)
      await moveTag({ to, digest, replaced, begin, isBegun: writing?.promotion === id })
      await targets.end(to, { ...record, replaced: digest })
    }
    const receipt: PromotionReceipt = {
      ...{ id, kind: 'rollback', rolledBack: undone.id, by, askedAt },
      at: new Date(deps.now()).toISOString(),
      ...(undone.rule !== undefined && { rule: undone.rule }),
      ...{ from: undone.from, to, replaced: digest },
      ...(replaced !== undefined && { digest: replaced }),
      manifests: replaced === undefined ? [] : [replaced],
      ...{ absent: [], leftOut: [], referrers: [], tags: [], leftBehind: [], gates: [] },
      blobs: { sent: NOTHING, mounted: NOTHING, present: NOTHING },
    }
    await receipts.append(receipt)
    return receipt
  }

  /** `isBegun`: the same rollback has begun to move the tag, and was killed. */
  async function moveTag(move: {
    to: TaggedImage
    digest: string
    replaced: string | undefined
    begin: () => Promise<unknown>
    isBegun: boolean
  }): Promise<void> {
    const { to, digest, replaced, begin, isBegun } = move
    const { repository, tag } = to
    const client = clientOf(to.registry)
    const found = await client.getManifest(repository, tag)
    const current = found?.descriptor.digest
    if (isBegun && current === replaced) return
    if (isBegun && current !== undefined && (await deps.isPlaceholder(to.registry, repository, current))) {
      await client.deleteManifest(repository, current)
      return
    }
    if (found === undefined || current !== digest)
      throw refused(
        current === undefined
          ? `the tag is gone; the promotion wrote ${digest}`
          : `the tag names ${current} by now; the promotion wrote ${digest}`,
      )
    if (replaced === undefined) {
      await begin()
      return deps.removeTag(to, found)
    }
    const old = await client.getManifest(repository, replaced)
    if (old === undefined)
      throw refused(`the tag named ${replaced} before, and the target does not have that any more`)
    const broken = await whyNotWhole({ client, repository }, replaced)
    if (broken !== undefined) throw refused(`the tag named ${replaced} before, and ${broken}`)
    await begin()
    const { mediaType } = old.descriptor
    await writeTag({ client, repository }, tag, { digest: replaced, mediaType, bytes: old.bytes })
  }
}

const refused = (why: string) => new RollbackRefused(`it cannot be rolled back: ${why}`)

const whyNotLast = (last: TargetRecord | undefined): string =>
  last === undefined
    ? 'nothing tells whether it was the last one to its tag'
    : `it is not the last one to its tag; that is ${last.promotion}`
