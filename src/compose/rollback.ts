import { DeletesDisabled } from '../expiry/registry-refusal.ts'
import {
  makeIsPlaceholder,
  makePlaceholders,
  type PlaceholderResult,
} from '../expiry/remove-tag-placeholder.ts'
import { makeRollback, type RemoveTag, RollbackRefused } from '../promotion/rollback.ts'
import { projectId } from '../usage/project.ts'
import type { Parts } from './parts.ts'

type OnRedis = Awaited<ReturnType<Parts['onRedis']>>

/** Puts target tags back where they were before a promotion. */
export const rollbackOf = (parts: Parts, { targets, tagTurns, telling }: OnRedis) =>
  makeRollback({
    registries: parts.registries.map(({ name }) => name),
    clientOf: parts.clientOf,
    isPlaceholder: makeIsPlaceholder(parts.store),
    receipts: telling.receipts(parts.journals.receipts),
    targets,
    holdTag: tagTurns.holdTag,
    removeTag: makeRemoveTag(parts),
    now: Date.now,
  })

/** Some registries delete an image with any of its tags. The way by a placeholder keeps the image everywhere. */
export const makeRemoveTag =
  ({ clientOf, store, projectOf }: Pick<Parts, 'clientOf' | 'store' | 'projectOf'>): RemoveTag =>
  async ({ registry, repository, tag }, { descriptor, bytes }) => {
    const client = clientOf(registry)
    const placeholders = makePlaceholders({ client, registry, store, now: () => Date.now() * 1_000 })
    const project = projectId(registry, projectOf(registry, repository))
    const { digest, mediaType } = descriptor
    const result = await placeholders
      .deleteTag(
        { project, repository, tag, digest, mediaType, manifest: bytes.toString('base64') },
        // The rollback has looked at the tag itself.
        async (): Promise<PlaceholderResult | undefined> => undefined,
      )
      .catch((error: Error) => {
        throw error instanceof DeletesDisabled ? cannotDelete(error.message) : error
      })
    if (result.outcome !== 'untagged') throw cannotDelete(result.why)
  }

const cannotDelete = (why: string) =>
  new RollbackRefused(`there was no such tag before the promotion, and it cannot be deleted: ${why}`)
