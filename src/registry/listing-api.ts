import type { Answer } from './answer.ts'
import { type Descriptor, readDescriptor } from './descriptor.ts'
import { LONG_TIMEOUT_MS } from './http-client.ts'
import { nextPage } from './link.ts'
import { parseManifest } from './manifest.ts'
import type { FetchedManifest } from './manifest-api.ts'
import { InvalidManifest } from './registry-error.ts'
import { digestTarget, pull, repositoryTarget } from './target.ts'
import type { RegistryRequest, Transport } from './transport.ts'

const PAGE_LIMIT = 16 * 1024 * 1024

/** Lists (distribution spec 1.1, "Content Discovery"). The catalog is not in the spec: it is distribution's own. */
export function makeListingApi(
  transport: Transport,
  getManifest: (repository: string, reference: string) => Promise<FetchedManifest | undefined>,
  pageSize: number,
) {
  /** The answers to `request` and to the pages that follow it. */
  async function* pages(request: Omit<RegistryRequest, 'method' | 'timeoutMs'>): AsyncGenerator<Answer> {
    for (let url: string | undefined = request.url; url !== undefined; ) {
      const answer: Answer = await transport.send({
        ...request,
        url,
        method: 'GET',
        timeoutMs: LONG_TIMEOUT_MS,
      })
      yield answer
      url = nextPage(answer)
    }
  }

  async function* catalog(): AsyncGenerator<string> {
    const request = {
      resource: 'catalog',
      url: `/v2/_catalog?n=${pageSize}`,
      scopes: ['registry:catalog:*'],
      statuses: [200],
    }
    for await (const answer of pages(request))
      yield* namesIn(answer, (await answer.json(PAGE_LIMIT)).repositories)
  }

  async function* tags(repository: string): AsyncGenerator<string> {
    const target = repositoryTarget(transport, repository, 'tags', `tags/list?n=${pageSize}`)
    for await (const answer of pages({ ...target, scopes: [pull(repository)], statuses: [200, 404] })) {
      if (answer.status === 200) {
        yield* namesIn(answer, (await answer.json(PAGE_LIMIT)).tags)
        continue
      }
      const error = await answer.statusError()
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
    for await (const answer of pages({ ...target, scopes: [pull(repository)], statuses: [200, 404] })) {
      if (answer.status === 404) {
        await answer.discard()
        return fromFallbackTag(repository, digest)
      }
      const { manifests } = await answer.json(PAGE_LIMIT)
      if (!Array.isArray(manifests)) throw answer.error('the answer is not an index')
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

/** An emptied repository has `null` as its list. */
function namesIn(answer: Answer, value: unknown): string[] {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw answer.error('the answer has no list of names')
  return value.filter((name) => typeof name === 'string')
}
