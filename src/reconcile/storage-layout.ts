import { isDigest } from '../registry/digest.ts'

// The keys of distribution's storage, 2.x and 3.x, on every driver: registry/storage/paths.go there.

export const ROOT = 'docker/registry/v2/'
export const REPOSITORIES = `${ROOT}repositories/`
export const BLOBS = `${ROOT}blobs/`

/** The folders of a repository, of which each one that was ever pushed to has both. */
export const REPOSITORY_FOLDERS: readonly string[] = ['_layers/', '_manifests/']

export const layersOf = (repository: string): string => `${REPOSITORIES}${repository}/_layers/`
export const revisionsOf = (repository: string): string =>
  `${REPOSITORIES}${repository}/_manifests/revisions/`
export const tagsOf = (repository: string): string => `${REPOSITORIES}${repository}/_manifests/tags/`

/** Below a tag's folder: the file that holds its digest. */
export const CURRENT_LINK = 'current/link'
/** Below the folder of a layer or a revision: the file whose being there says that it is linked. */
export const LINK = 'link'
/** Below the folder of a blob: its content. */
export const DATA = 'data'

export function blobKey(digest: string): string {
  const [algorithm = '', hex = ''] = digest.split(':')
  return `${BLOBS}${algorithm}/${hex.slice(0, 2)}/${hex}/${DATA}`
}

/** The digest that `…/sha256/<hex>/link` says is linked, or `undefined` where the folders name none. */
export function linkedDigest(key: string): string | undefined {
  const digest = key.split('/').slice(-3, -1).join(':')
  return isDigest(digest) ? digest : undefined
}
