import { type Static, Type } from 'typebox'

const Count = (description: string) => Type.Integer({ minimum: 0, description })

/** What differed between the index and the registry, by kind. */
export const Drift = Type.Object({
  repositoriesMissed: Count('Repositories with images that the index knew none of.'),
  repositoriesLost: Count('Repositories of the index that hold nothing any more.'),
  manifestsMissed: Count('Manifests whose push was missed.'),
  manifestsGone: Count('Manifests whose deletion was missed.'),
  tagsMissed: Count('Tags that the index did not have.'),
  tagsMoved: Count('Tags that the index had on another digest.'),
  tagsGone: Count('Tags whose deletion was missed.'),
  linksMissed: Count('Blobs linked in a repository, unknown there.'),
  linksGone: Count('Blobs that are not in their repository any more, as after a garbage collection.'),
  referencesMissed: Count('Manifests whose references were not known.'),
})
export type Drift = Static<typeof Drift>

export const NO_DRIFT: Readonly<Drift> = {
  ...{ repositoriesMissed: 0, repositoriesLost: 0, manifestsMissed: 0, manifestsGone: 0 },
  ...{ tagsMissed: 0, tagsMoved: 0, tagsGone: 0, linksMissed: 0, linksGone: 0, referencesMissed: 0 },
}

export function addDrift(a: Drift, b: Drift): Drift {
  const sum = { ...a }
  for (const kind of kindsOf(sum)) sum[kind] += b[kind]
  return sum
}

export const isDrift = (drift: Drift): boolean => kindsOf(drift).some((kind) => drift[kind] > 0)

const kindsOf = (drift: Drift): (keyof Drift)[] =>
  Object.keys(drift).filter((key): key is keyof Drift => key in NO_DRIFT)
