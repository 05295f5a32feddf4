import pMap from 'p-map'
import type { RegistryClient } from '../registry/client.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'

/** Tags and parents that are looked up at a time, for one image. */
const AT_ONCE = 8

/** Looks up the tags and the parents of an image at its registry. */
export function makeImageAtRegistry(client: Pick<RegistryClient, 'headManifest'>) {
  /** The digests that the registry has for some references; `undefined` for those that it does not have. */
  const heads = (repository: string, references: readonly string[]) =>
    pMap(
      references,
      async (reference) => ({ reference, at: (await client.headManifest(repository, reference))?.digest }),
      { concurrency: AT_ONCE },
    )

  const headsOfTags = ({ repository, tags }: IndexedImage) =>
    heads(
      repository,
      tags.map(({ name }) => name),
    )

  return {
    /** Why an image must stay: a parent is there, or a tag is on another image. `undefined` if it need not. */
    async whyMoved(image: IndexedImage, parents: readonly IndexedImage[]): Promise<string | undefined> {
      const [ofParents, ofTags] = await Promise.all([
        heads(
          image.repository,
          parents.map(({ digest }) => digest),
        ),
        headsOfTags(image),
      ])
      const parent = ofParents.find(({ at }) => at !== undefined)
      if (parent !== undefined) return `it belongs to ${parent.reference}, which is at the registry`
      const moved = ofTags.find(({ at }) => at !== undefined && at !== image.digest)
      return moved && `the registry has the tag ${moved.reference} on another image`
    },

    /** One of its tags that is on it; `undefined` if there is none. */
    tagOn: async (image: IndexedImage): Promise<string | undefined> =>
      (await headsOfTags(image)).find(({ at }) => at === image.digest)?.reference,
  }
}
