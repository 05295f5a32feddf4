import { type Static, Type } from 'typebox'

const Count = (description: string) => Type.Integer({ minimum: 0, description })

/** How the index and the registry differed: a count of each kind of difference. */
export const Drift = Type.Object({
  repositoriesMissed: Count('Repositories with images of which the index had none.'),
  repositoriesLost: Count('Repositories that the index had and that are empty now.'),
  manifestsMissed: Count('Manifests whose push was missed.'),
  manifestsGone: Count('Manifests whose deletion was missed.'),
  tagsMissed: Count('Tags that the index did not have.'),
  tagsMoved: Count('Tags that the index had on another digest.'),
  tagsGone: Count('Tags whose deletion was missed.'),
  linksMissed: Count('Blobs that are linked in a repository, which the index did not have there.'),
  linksGone: Count('Blobs that are no longer in their repository, for example after a garbage collection.'),
  referencesMissed: Count('Manifests whose references the index did not have.'),
})
export type Drift = Static<typeof Drift>

export const NO_DRIFT: Readonly<Drift> = {
  repositoriesMissed: 0,
  repositoriesLost: 0,
  manifestsMissed: 0,
  manifestsGone: 0,
  tagsMissed: 0,
  tagsMoved: 0,
  tagsGone: 0,
  linksMissed: 0,
  linksGone: 0,
  referencesMissed: 0,
}

export function addDrift(a: Drift, b: Drift): Drift {
  const sum = { ...a }
  for (const kind of kindsOf(sum)) sum[kind] += b[kind]
  return sum
}

const kindsOf = (drift: Drift): (keyof Drift)[] =>
  Object.keys(drift).filter((key): key is keyof Drift => key in NO_DRIFT)
