import { isDigest } from '../registry/digest.ts'
import { isRepositoryName, isTag } from '../registry/name.ts'

/** `registry/repository:tag` or `registry/repository@digest`, in its parts. */
export interface ImageName {
  registry: string
  repository: string
  /** A tag or a digest. */
  reference: string
}

const REGISTRY = /^[a-z0-9][a-z0-9-]*$/

/** `undefined` if the text is no such name. A name of a repository has neither @ nor :, and a tag has no @. */
export function parseImageName(text: string): ImageName | undefined {
  const [, registry = '', repository = '', digest, tag] =
    /^([^/]+)\/([^@:]+)(?:@(.+)|:([^@]+))$/.exec(text) ?? []
  const isReference = digest === undefined ? isTag(tag ?? '') : isDigest(digest)
  if (!isReference || !REGISTRY.test(registry) || !isRepositoryName(repository)) return undefined
  return { registry, repository, reference: digest ?? tag ?? '' }
}
