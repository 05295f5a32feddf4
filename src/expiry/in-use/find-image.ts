import { digestOfKey } from '../../usage/digest-key.ts'
import type { IndexedImage } from '../../usage/indexed-image.ts'
import { projectId } from '../../usage/project.ts'
import type { UsageIndex } from '../../usage/usage-index.ts'
import type { NamedImage } from './find-registries.ts'

/** Makes a function that gives the image that a name means now, and its project. `undefined` if the index has none. */
export const makeFindImage =
  (deps: {
    index: Pick<UsageIndex, 'tag' | 'imagesOf'>
    projectOf: (registry: string, repository: string) => string
  }) =>
  async ({
    registry,
    repository,
    reference,
  }: NamedImage): Promise<{ project: string; image: IndexedImage } | undefined> => {
    const project = projectId(registry, deps.projectOf(registry, repository))
    const digest = 'digest' in reference ? reference.digest : await digestOf(project, reference.tag)
    if (digest === undefined) return undefined
    const [image] = await deps.index.imagesOf(project, repository, [digest])
    if (image === undefined) return undefined
    // The tag may have named a manifest that was deleted since, and was put back without it.
    const isNamed = 'digest' in reference || image.tags.some(({ name }) => name === reference.tag)
    return isNamed ? { project, image } : undefined

    async function digestOf(project: string, tag: string): Promise<string | undefined> {
      const found = await deps.index.tag(project, repository, tag)
      return found && digestOfKey(found.digestKey)
    }
  }
export type FindImage = ReturnType<typeof makeFindImage>
