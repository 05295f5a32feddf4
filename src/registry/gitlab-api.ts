import { parseTimestamp } from '../platform/timestamp.ts'
import { isObject } from './descriptor.ts'
import { isDigest } from './digest.ts'
import { parseJson } from './json.ts'
import { MANIFEST_LIMIT } from './manifest.ts'
import { isTag } from './name.ts'
import { pagesOf } from './pages.ts'
import { mayPass, RegistryError } from './registry-error.ts'
import { pull, repositoryTarget } from './target.ts'
import type { Transport } from './transport.ts'

/** Since when a tag names a digest (epoch µs). */
export interface PublishedTag {
  tag: string
  digest: string
  publishedAt: number
}

/** GitLab gives at most so many tags on a page, some 600 bytes each. */
const PAGE_SIZE = 1000
/** Bytes of a page: as much as of a manifest, since it is parsed in one piece. */
const PAGE_LIMIT = MANIFEST_LIMIT

/** GitLab's own size of a namespace and all repositories below it. */
export interface NamespaceSize {
  /** Each layer that a tagged manifest references, once. */
  bytes: number
  /** Whether layers of untagged manifests are in it, too: GitLab gave up the exact sum. */
  withUntagged: boolean
}

/** How long GitLab may take for a size, in ms, and the bytes of its answer. */
const SIZE_LIMITS = { ms: 20_000, bytes: 64 * 1024 }

/** The API that GitLab's registry has beside `/v2/` (docs/registries.md, GitLab's registry API). */
export function makeGitLabApi(transport: Transport) {
  /** @throws RegistryError if the registry fails in a way that may pass: then it is not known */
  async function hasGitLabApi(): Promise<boolean> {
    try {
      const answer = await transport.send({
        method: 'GET',
        resource: "GitLab's API",
        url: '/gitlab/v1/',
        scopes: [],
        statuses: [200, 404],
      })
      await answer.discard()
      return answer.status === 200
    } catch (error) {
      if (error instanceof RegistryError && !mayPass(error)) return false
      throw error
    }
  }

  async function* publishedTags(repository: string): AsyncGenerator<PublishedTag> {
    const { resource } = repositoryTarget(transport, repository, 'published tags', '') // Checks the name.
    const request = {
      resource,
      url: `/gitlab/v1/repositories/${repository}/tags/list/?n=${PAGE_SIZE}`,
      scopes: [pull(repository)],
      statuses: [200],
    }
    for await (const { answer, meter } of pagesOf(transport, request, '/gitlab/v1/')) {
      const bytes = await answer.bytes(PAGE_LIMIT)
      const entries = parseJson(bytes)
      if (!Array.isArray(entries)) throw answer.error('the answer is not a list of tags')
      meter.add({ entries: entries.length, bytes: bytes.length })
      for (const entry of entries) yield* published(entry)
    }
  }

  async function namespaceSize(namespace: string): Promise<NamespaceSize> {
    const { resource } = repositoryTarget(transport, namespace, "GitLab's size of", '') // Checks the name.
    const answer = await transport.send({
      method: 'GET',
      resource,
      url: `/gitlab/v1/repositories/${namespace}/?size=self_with_descendants`,
      scopes: [pull(namespace), pull(`${namespace}/*`)],
      statuses: [200],
      timeoutMs: SIZE_LIMITS.ms,
    })
    const { size_bytes: bytes, size_precision: precision } = await answer.json(SIZE_LIMITS.bytes)
    if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0)
      throw answer.error('the answer has no size')
    return { bytes, withUntagged: precision === 'untagged' }
  }

  return { hasGitLabApi, publishedTags, namespaceSize }
}

/** `published_at` is the later of the other two. Versions without it send these alone. */
function* published(entry: unknown): Generator<PublishedTag> {
  if (!isObject(entry)) return
  const { name, digest, published_at, updated_at, created_at } = entry
  const time = published_at ?? updated_at ?? created_at
  if (typeof name !== 'string' || typeof digest !== 'string' || typeof time !== 'string') return
  const publishedAt = parseTimestamp(time)
  if (publishedAt !== undefined && isTag(name) && isDigest(digest)) yield { tag: name, digest, publishedAt }
}
