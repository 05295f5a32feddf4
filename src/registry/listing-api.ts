import type { Answer } from './answer.ts'
import { type Descriptor, readDescriptor } from './descriptor.ts'
import { nextPage } from './link.ts'
import { type ListMeter, makeListMeter } from './list-meter.ts'
import { MANIFEST_LIMIT, parseManifest } from './manifest.ts'
import type { FetchedManifest } from './manifest-api.ts'
import { isRepositoryName, isTag } from './name.ts'
import { readNames } from './name-list.ts'
import { InvalidManifest, RegistryError } from './registry-error.ts'
import { digestTarget, pull, repositoryTarget } from './target.ts'
import type { RegistryRequest, Transport } from './transport.ts'

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
  /** The answers to `request` and to the pages that follow it, and the meter that counts what is read of them. */
  async function* pages(
    request: Omit<RegistryRequest, 'method' | 'timeoutMs'>,
  ): AsyncGenerator<{ answer: Answer; meter: ListMeter }> {
    const { list, longAnswerMs: timeoutMs } = transport.limits
    const meter = makeListMeter(list, (reason) => transport.error(`GET ${request.resource}`, reason))
    const get = (url: string) => transport.send({ ...request, url, method: 'GET', timeoutMs })
    for (let url: string | undefined = request.url; url !== undefined; ) {
      meter.page(url)
      const answer: Answer = await get(url).catch((cause) => {
        // Without `n`, the registry takes its own size of a page.
        if (url === request.url && isPageTooLarge(cause)) return get(url.replace(/\?.*/, ''))
        throw cause
      })
      yield { answer, meter }
      url = nextPage(answer)
    }
  }

  /** The names in the list `key` of an answer, except those that are none: `tags` may have an empty string. */
  async function* namesIn(
    { answer, meter }: { answer: Answer; meter: ListMeter },
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
    }
    for await (const page of pages(request)) yield* namesIn(page, 'repositories', isRepositoryName)
  }

  async function* tags(repository: string): AsyncGenerator<string> {
    const target = repositoryTarget(transport, repository, 'tags', `tags/list?n=${pageSize}`)
    for await (const page of pages({ ...target, scopes: [pull(repository)], statuses: [200, 404] })) {
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
    const request = { ...target, scopes: [pull(repository)], statuses: [200, 404] }
    for await (const { answer, meter } of pages(request)) {
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

/** Whether the registry refuses the size of a page: Distribution does above its `catalog.maxentries`. */
const isPageTooLarge = (cause: unknown): boolean =>
  cause instanceof RegistryError && cause.codes.includes('PAGINATION_NUMBER_INVALID')
