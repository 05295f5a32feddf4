import { isDigest } from './digest.ts'
import { isRepositoryName, isTag } from './name.ts'

/** What the name of an image says. With a tag and a digest, clients pull the digest. */
export interface ImageReference {
  /** The host with which it begins, in lower case and without a default port. `undefined` if it begins with none. */
  host: string | undefined
  /** What follows the host. */
  path: string
  reference: { tag: string } | { digest: string }
}

/** A name, or an address in brackets, perhaps with a port (`domain` in the grammar of distribution/reference). */
export const HOST =
  /^(?=.{1,300}$)(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)(?::\d{1,5})?$/

/** Whether clients take what precedes the first slash for a host (`splitDockerDomain` in distribution/reference). */
const looksLikeHost = (text: string): boolean =>
  /[.:]/.test(text) || text === 'localhost' || text !== text.toLowerCase()

/** The longest name that is looked at, in characters: a host, a repository, a tag and a digest have fewer. */
const LONGEST = 1_000

/**
 * Parses `[host/]repository[:tag][@digest]`, as clients write it. Without tag and digest, the tag is `latest`. What runtimes
 * of containers write before it (`docker-pullable://`) is left out. `undefined` if it is none.
 */
export function parseImageReference(text: string): ImageReference | undefined {
  if (text.length > LONGEST || isDigest(text)) return undefined
  const [, name = '', tag, digest] =
    /^(?:docker(?:-pullable)?:\/\/)?(.*?)(?::([^:/@]*))?(?:@(.*))?$/.exec(text) ?? []
  if (tag !== undefined && !isTag(tag)) return undefined
  if (digest !== undefined && !isDigest(digest)) return undefined
  const slash = name.indexOf('/')
  const first = slash === -1 ? '' : name.slice(0, slash)
  const hasHost = looksLikeHost(first)
  if (hasHost && !HOST.test(first)) return undefined
  const path = hasHost ? name.slice(slash + 1) : name
  if (!isRepositoryName(path)) return undefined
  const reference = digest === undefined ? { tag: tag ?? 'latest' } : { digest }
  return { host: hasHost ? plainHost(first) : undefined, path, reference }
}

/** A host in lower case, without the port that a URL leaves out. */
export const plainHost = (host: string): string => host.toLowerCase().replace(/:(?:443|80)$/, '')
