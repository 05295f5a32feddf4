import type { Answer } from './answer.ts'
import { type Descriptor, readDescriptor } from './descriptor.ts'
import { LONG_PATIENCE } from './exchange.ts'
import { nextPage } from './link.ts'
import { parseManifest } from './manifest.ts'
import type { FetchedManifest } from './manifest-api.ts'
import { InvalidManifest } from './registry-error.ts'
import { digestTarget, pull, repositoryTarget } from './target.ts'
import type { Call, Transport } from './transport.ts'

const PAGE_LIMIT = 16 * 1024 * 1024

/** What the registry can list (distribution spec 1.1, "Content Discovery"; the catalog is distribution's own). */
export function makeListingApi(
  transport: Transport,
  getManifest: (repository: string, reference: string) => Promise<FetchedManifest | undefined>,
  pageSize: number,
) {
  /** The answers to `call` and to what their Link headers name. */
  async function* pages(call: Omit<Call, 'method' | 'patience'>): AsyncGenerator<Answer> {
    for (let url: string | undefined = call.url; url !== undefined; ) {
      const answer: Answer = await transport.send({ ...call, url, method: 'GET', patience: LONG_PATIENCE })
      yield answer
      url = nextPage(answer)
    }
  }

  async function* catalog(): AsyncGenerator<string> {
    const call = {
      what: 'catalog',
      url: `/v2/_catalog?n=${pageSize}`,
      scopes: ['registry:catalog:*'],
      accept: [200],
    }
    for await (const answer of pages(call)) yield* names(answer, (await answer.json(PAGE_LIMIT)).repositories)
  }

  async function* tags(repository: string): AsyncGenerator<string> {
    const target = repositoryTarget(transport, repository, 'tags', `tags/list?n=${pageSize}`)
    for await (const answer of pages({ ...target, scopes: [pull(repository)], accept: [200, 404] })) {
      if (answer.status === 200) {
        yield* names(answer, (await answer.json(PAGE_LIMIT)).tags)
        continue
      }
      const refusal = await answer.refusal()
      if (!refusal.codes.includes('NAME_UNKNOWN')) throw refusal
    }
  }

  const referrers = (repository: string, digest: string): Promise<Descriptor[]> =>
    findReferrers(repository, digest).catch((cause) => {
      const unreadable = cause instanceof InvalidManifest
      throw unreadable ? transport.error(`GET referrers ${repository}@${digest}`, cause.message) : cause
    })

  async function findReferrers(repository: string, digest: string): Promise<Descriptor[]> {
    const target = digestTarget(transport, 'referrers', repository, digest)
    const found: Descriptor[] = []
    for await (const answer of pages({ ...target, scopes: [pull(repository)], accept: [200, 404] })) {
      if (answer.status === 404) {
        await answer.discard()
        return fromFallbackTag(repository, digest)
      }
      const { manifests } = await answer.json(PAGE_LIMIT)
      if (!Array.isArray(manifests)) throw answer.error('the answer is no index')
      for (const [n, entry] of manifests.entries()) found.push(readDescriptor(entry, `manifests[${n}]`))
    }
    return found
  }

  /** Distribution spec 1.1, "Referrers Tag Schema". */
  async function fromFallbackTag(repository: string, digest: string): Promise<Descriptor[]> {
    const [algorithm = '', hex = ''] = digest.split(':')
    const index = await getManifest(repository, `${algorithm}-${hex.slice(0, 64)}`)
    return index === undefined ? [] : parseManifest(index.bytes, index.descriptor.mediaType).children
  }

  return { catalog, tags, referrers }
}

/** An emptied repository has `null`. */
function names(answer: Answer, value: unknown): string[] {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw answer.error('the answer is no list')
  return value.filter((name) => typeof name === 'string')
}
