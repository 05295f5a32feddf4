import { type Descriptor, readDescriptor } from './descriptor.ts'
import { MANIFEST_LIMIT, parseManifest } from './manifest.ts'
import type { FetchedManifest } from './manifest-api.ts'
import { isRepositoryName, isTag } from './name.ts'
import { readNames } from './name-list.ts'
import { type Page, pagesOf } from './pages.ts'
import { InvalidManifest } from './registry-error.ts'
import { digestTarget, pull, repositoryTarget, TRUE_NOW } from './target.ts'
import type { Transport } from './transport.ts'

/** Bytes of a page of names. 2.8 gives all tags of a repository at once. */
const PAGE_LIMIT = 16 * 1024 * 1024

/** Bytes of a page of referrers: as much as of a manifest, since it is parsed in one piece. */
const INDEX_LIMIT = MANIFEST_LIMIT

/** Lists (distribution spec 1.1, "Content Discovery"). The catalog is not in the spec: it is distribution's own. */
export function makeListingApi(
  transport: Transport,
  getManifest: (repository: string, reference: string) => Promise<FetchedManifest | undefined>,
  pageSize: number,
) {
  /** The names in the list `key` of an answer, except those that are none: `tags` may have an empty string. */
  async function* namesIn(
    { answer, meter }: Page,
    key: string,
    isName: (text: string) => boolean,
  ): AsyncGenerator<string> {
    const bytes = await answer.bytes(PAGE_LIMIT)
    meter.add({ entries: 0, bytes: bytes.length })
    const unreadable = () => answer.error(`the answer is no JSON object with a list "${key}"`)
    for await (const names of readNames(bytes, key, unreadable)) {
      meter.add({ entries: names.length, bytes: 0 })
      yield* names.filter(isName)
    }
  }

  async function* catalog(): AsyncGenerator<string> {
    const request = {
      resource: 'catalog',
      url: `/v2/_catalog?n=${pageSize}`,
      scopes: ['registry:catalog:*'],
      statuses: [200],
      headers: TRUE_NOW,
    }
    for await (const page of pagesOf(transport, request, '/v2/'))
      yield* namesIn(page, 'repositories', isRepositoryName)
  }

  async function* tags(repository: string): AsyncGenerator<string> {
    const target = repositoryTarget(transport, repository, 'tags', `tags/list?n=${pageSize}`)
    const request = { ...target, scopes: [pull(repository)], statuses: [200, 404], headers: TRUE_NOW }
    for await (const page of pagesOf(transport, request, '/v2/')) {
      if (page.answer.status === 200) {
        yield* namesIn(page, 'tags', isTag)
        continue
      }
      const error = await page.answer.statusError()
      if (!error.codes.includes('NAME_UNKNOWN')) throw error
    }
  }

  const referrers = (repository: string, digest: string): Promise<Descriptor[]> =>
    findReferrers(repository, digest).catch((cause) => {
      throw cause instanceof InvalidManifest
        ? transport.error(`GET referrers ${repository}@${digest}`, cause.message)
        : cause
    })

  async function findReferrers(repository: string, digest: string): Promise<Descriptor[]> {
    const target = digestTarget(transport, 'referrers', repository, digest)
    const found: Descriptor[] = []
    const request = { ...target, scopes: [pull(repository)], statuses: [200, 404], headers: TRUE_NOW }
    for await (const { answer, meter } of pagesOf(transport, request, '/v2/')) {
      if (answer.status === 404) {
        await answer.discard()
        return fromFallbackTag(repository, digest)
      }
      const { manifests } = await answer.json(INDEX_LIMIT)
      if (!Array.isArray(manifests)) throw answer.error('the answer is not an index')
      meter.add({ entries: manifests.length, bytes: 0 })
      for (const [n, entry] of manifests.entries()) found.push(readDescriptor(entry, `manifests[${n}]`))
    }
    return found
  }

  /** The referrers under the fallback tag (distribution spec 1.1, "Referrers Tag Schema"). */
  async function fromFallbackTag(repository: string, digest: string): Promise<Descriptor[]> {
    const [algorithm = '', hex = ''] = digest.split(':')
    const index = await getManifest(repository, `${algorithm}-${hex.slice(0, 64)}`)
    return index === undefined ? [] : parseManifest(index.bytes, index.descriptor.mediaType).children
  }

  return { catalog, tags, referrers }
}
