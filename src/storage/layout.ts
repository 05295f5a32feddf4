import { isDigest } from '../registry/digest.ts'

// The keys in distribution's storage, and one of our own. They are the same in 2.x and 3.x and on every driver (registry/storage/paths.go).

export const ROOT = 'docker/registry/v2/'
export const REPOSITORIES = `${ROOT}repositories/`
export const BLOBS = `${ROOT}blobs/`
/** Where Tallyman keeps blobs that it collected. It is outside of what a registry looks at. */
export const TRASH = 'tallyman-trash/'

/** A folder that holds one of these is a repository. */
export const REPOSITORY_FOLDERS: readonly string[] = ['_layers/', '_manifests/']

export const layersOf = (repository: string): string => `${REPOSITORIES}${repository}/_layers/`
export const revisionsOf = (repository: string): string =>
  `${REPOSITORIES}${repository}/_manifests/revisions/`
export const tagsOf = (repository: string): string => `${REPOSITORIES}${repository}/_manifests/tags/`
export const uploadsOf = (repository: string): string => `${REPOSITORIES}${repository}/_uploads/`

/** The file that links a manifest to a repository. */
export const revisionKey = (repository: string, digest: string): string =>
  `${revisionsOf(repository)}${digest.replace(':', '/')}/${LINK}`

/** In a tag's folder: the file that holds the tag's digest. */
export const CURRENT_LINK = 'current/link'
/** In the folder of a layer or a revision: the file that links it to the repository. */
export const LINK = 'link'
/** The link of a repository to a blob that was uploaded by this digest. It holds the digest by which it is stored. */
export const layerLink = (repository: string, digest: string): string =>
  `${layersOf(repository)}${digest.replace(':', '/')}/${LINK}`
/** In a blob's folder: its content. */
export const DATA = 'data'

export function blobKey(digest: string): string {
  const [algorithm = '', hex = ''] = digest.split(':')
  return `${BLOBS}${algorithm}/${hex.slice(0, 2)}/${hex}/${DATA}`
}

/** The digest in the key of a link, `…/sha256/<hex>/link`. `undefined` if the folders are not a digest. */
export function linkedDigest(key: string): string | undefined {
  const digest = key.split('/').slice(-3, -1).join(':')
  return isDigest(digest) ? digest : undefined
}
