import type { RegistryClient } from '../registry/client.ts'
import { isDigest } from '../registry/digest.ts'
import { projectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { ImageName } from './image-name.ts'

/** Tells whether there is an image: the registry is asked if the index does not have it, since events may be late. */
export const makeImageExists =
  (deps: {
    index: Pick<UsageIndex, 'imagesOf' | 'tag'>
    clientOf: (registry: string) => Pick<RegistryClient, 'headManifest'>
    /** The path of the project of a repository. */
    projectOf: (registry: string, repository: string) => string
  }) =>
  async ({ registry, repository, reference }: ImageName): Promise<boolean> => {
    const project = projectId(registry, deps.projectOf(registry, repository))
    const isIndexed = isDigest(reference)
      ? (await deps.index.imagesOf(project, repository, [reference])).length > 0
      : (await deps.index.tag(project, repository, reference)) !== undefined
    return isIndexed || (await deps.clientOf(registry).headManifest(repository, reference)) !== undefined
  }
