import { isDigest } from '../registry/digest.ts'
import { TRASH } from './layout.ts'

/** What an object of a registry's storage is, by its key (distribution, registry/storage/paths.go). */
export type Classified =
  | { is: 'blob'; digest: string }
  /** The link of a repository to a blob that was uploaded to it or mounted in it. */
  | { is: 'layer'; repository: string; digest: string }
  /** The link of a repository to a manifest. */
  | { is: 'revision'; repository: string; digest: string }
  /** The links of a tag: its current one, and those of the manifests it has named. */
  | { is: 'tag' }
  | { is: 'upload'; repository: string; id: string; isStart: boolean }
  /** A blob that Tallyman collected, and keeps for some time (src/space/blob-trash.ts). */
  | { is: 'trash' }
  /** No registry wrote this. */
  | { is: 'other' }

const OTHER: Classified = { is: 'other' }
const BLOB = /^docker\/registry\/v2\/blobs\/(\w+)\/(\w\w)\/(\2\w+)\/data$/
const IN_REPOSITORY =
  /^docker\/registry\/v2\/repositories\/(.+)\/_(layers|uploads|manifests\/revisions|manifests\/tags)\/(.+)$/

/**
 * A repository as a registry stores it: any folders that do not begin with `_`. It is no check of a name. Distribution takes names that
 * the specification has not, such as `Team/app`: the first part may be a host (reference/regexp.go). What these name is needed, too.
 */
const REPOSITORY = /^[^_/][^/]*(?:\/[^_/][^/]*)*$/

export function classify(key: string): Classified {
  if (key.startsWith(TRASH)) return { is: 'trash' }
  const blob = BLOB.exec(key)
  if (blob !== null) return digestOr(`${blob[1]}:${blob[3]}`, (digest) => ({ is: 'blob', digest }))
  const [, repository = '', part, rest = ''] = IN_REPOSITORY.exec(key) ?? []
  if (!REPOSITORY.test(repository)) return OTHER
  const [first = '', second = '', last, ...more] = rest.split('/')
  const isLink = last === 'link' && more.length === 0
  switch (part) {
    case 'layers':
      return isLink
        ? digestOr(`${first}:${second}`, (digest) => ({ is: 'layer', repository, digest }))
        : OTHER
    case 'manifests/revisions':
      return isLink
        ? digestOr(`${first}:${second}`, (digest) => ({ is: 'revision', repository, digest }))
        : OTHER
    case 'manifests/tags':
      return rest.endsWith('/link') ? { is: 'tag' } : OTHER
    case 'uploads':
      return { is: 'upload', repository, id: first, isStart: second === 'startedat' && last === undefined }
    default:
      return OTHER
  }
}

const digestOr = (digest: string, found: (digest: string) => Classified): Classified =>
  isDigest(digest) ? found(digest) : OTHER
