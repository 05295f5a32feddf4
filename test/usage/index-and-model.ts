import { allImages } from '../../lab/all-images.ts'
import { digestKey } from '../../src/usage/digest-key.ts'
import { believableSize, type Fact, type StandingFact } from '../../src/usage/fact.ts'
import { modelOf } from '../../src/usage/model.ts'
import { lastTagWrites } from '../../src/usage/tag-writes.ts'
import type { UsageIndex } from '../../src/usage/usage-index.ts'

/** A project as the index has it, to compare with `fromModel`. */
export async function fromIndex(index: UsageIndex, project: string) {
  const usage = await index.usage(project)
  if (usage === undefined) throw new Error(`no project ${project}`)
  const images = await allImages(index, project)
  const facts = await Array.fromAsync(index.facts(project))
  return {
    counters: {
      unique: usage.uniqueBytes,
      referenced: usage.referencedBytes,
      unreferenced: usage.unreferencedBytes,
      manifests: usage.manifests,
      tags: usage.tags,
      repositories: usage.repositories,
      unresolved: usage.unresolved,
      lastPush: usage.lastPushAt,
      lastPull: usage.lastPullAt,
      lastPushedBy: usage.lastPushedBy,
      pulls: usage.pulls,
      scans: usage.scans,
    },
    tagWrites: tagWritesIn(facts),
    images: images
      .map((i) => [
        i.repository,
        i.digest,
        i.size,
        i.mediaType,
        i.isResolved,
        i.references?.map(({ kind, key, size }) => `${kind} ${key} ${size}`).sort(),
        i.tags.map(({ name, age }) => [name, age.at, age.source]),
        [i.age.at, i.age.source],
        i.heardSince,
        i.pulledAt,
      ])
      .sort(byJson),
  }
}

/** A project as the model makes it from these facts, to compare with `fromIndex`. */
export function fromModel(facts: readonly Fact[]) {
  const { counters, images } = modelOf(facts)
  return {
    counters,
    tagWrites: tagWritesIn(facts),
    images: images
      .map((i) => [
        i.repository,
        i.digest,
        i.size,
        i.mediaType,
        i.isResolved,
        i.references
          ?.map(
            ({ kind, digest, size }) =>
              `${kind} ${digestKey(digest)} ${kind === 'blob' ? believableSize(size) : 0}`,
          )
          .sort(),
        i.tags.map(({ name, age }) => [name, age.at, age.source]).sort(byJson),
        [i.age.at, i.age.source],
        i.heardSince,
        i.pulledAt,
      ])
      .sort(byJson),
  }
}

/** The last write of each tag. The facts that an index gives have only this one. */
const tagWritesIn = (facts: readonly Fact[] | readonly StandingFact[]) =>
  lastTagWrites(facts)
    .map(({ repository, tag, kind, at, digest, age, actor }) => [
      repository,
      tag,
      kind,
      at,
      digest && digestKey(digest),
      ...[age.at, age.source],
      actor,
    ])
    .sort(byJson)

const byJson = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
