import { setTimeout as sleep } from 'node:timers/promises'
import { makeBlobChecks } from '../integrity/blob-checks.ts'
import { makeFindCopies } from '../integrity/find-copies.ts'
import { makeWatchBroken } from '../integrity/watch-broken.ts'
import { compareRepositories } from '../reconcile/repository-order.ts'
import { projectId } from '../usage/project.ts'
import type { OnRedis, Parts } from './parts.ts'

/** Makes what keeps the records of broken images, and tells of them. */
export function watchBrokenOf(parts: Parts & OnRedis) {
  const { registries, projectOf, ledger, settings } = parts
  return makeWatchBroken({
    records: parts.brokenRecords,
    noteBroken: ledger.noteBroken,
    projectIdOf: ({ registry, repository }) => projectId(registry, projectOf(registry, repository)),
    /** A rule that copies a part of an index leaves sparse ones at its target. */
    mayBeSparse: (name) =>
      registries.some((registry) => registry.name === name && registry.sparse) ||
      settings().config.promotion.rules.some(
        ({ to, platforms, sparse }) =>
          to.registry === name && (platforms !== undefined || sparse === 'allow'),
      ),
    findCopies: findCopiesOf(parts),
    announce: parts.announce,
    now: Date.now,
  })
}

export const findCopiesOf = (parts: Parts & Pick<OnRedis, 'index'>) =>
  makeFindCopies({
    clientOf: parts.clientOf,
    // A cache fetches what it is asked for from its upstream.
    registries: parts.registries.filter(({ type }) => type !== 'cache').map(({ name }) => name),
    repositoriesWith: parts.index.repositoriesWith,
    promotedTo: (image) => parts.match(image).map(({ to }) => to),
  })

/** Makes what begins a run's look at the blobs of a registry that is read over the API. */
export const blobChecksOf = (
  { name, blobChecks }: Parts['registries'][number],
  { brokenRecords }: Pick<OnRedis, 'brokenRecords'>,
) =>
  blobChecks.perReconcile === 0
    ? undefined
    : async () => {
        const checks = makeBlobChecks({
          ...{ budget: blobChecks.perReconcile, perSecond: blobChecks.perSecond },
          from: await brokenRecords.next(name),
          ...{ compare: compareRepositories, now: Date.now, sleep },
        })
        return { ...checks, end: () => brokenRecords.setNext(name, checks.next()) }
      }
