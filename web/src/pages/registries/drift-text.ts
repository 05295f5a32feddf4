import type { Drift } from '../../../../src/reconcile/drift.ts'

const KINDS: Record<keyof Drift, [one: string, many: string]> = {
  repositoriesMissed: ['repository was missed', 'repositories were missed'],
  repositoriesLost: ['repository is gone', 'repositories are gone'],
  manifestsMissed: ['manifest was missed', 'manifests were missed'],
  manifestsGone: ['manifest is gone', 'manifests are gone'],
  tagsMissed: ['tag was missed', 'tags were missed'],
  tagsMoved: ['tag had moved', 'tags had moved'],
  tagsGone: ['tag is gone', 'tags are gone'],
  linksMissed: ['blob was missed', 'blobs were missed'],
  linksGone: ['blob is gone', 'blobs are gone'],
  referencesMissed: ['manifest had unknown layers', 'manifests had unknown layers'],
}

/** What differed between the index and the registry, as sentences without an end: `3 tags were missed`. None if nothing did. */
export const driftTexts = (drift: Drift): string[] =>
  (Object.keys(KINDS) as (keyof Drift)[]).flatMap((kind) => {
    const count = drift[kind]
    return count > 0 ? [`${count.toLocaleString('en')} ${KINDS[kind][count === 1 ? 0 : 1]}`] : []
  })
