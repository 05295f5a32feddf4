import { isRepositoryName, isTag } from './name.ts'
import { readNames } from './name-list.ts'
import { type Page, pagesOf } from './pages.ts'
import { pull, repositoryTarget, TRUE_NOW } from './target.ts'
import type { Transport } from './transport.ts'

/** Bytes of a page of names. 2.8 gives all tags of a repository at once. */
const PAGE_LIMIT = 16 * 1024 * 1024

/** Lists (distribution spec 1.1, "Content Discovery"). The catalog is not in the spec: it is distribution's own. */
export function makeListingApi(transport: Transport, pageSize: number) {
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

  return { catalog, tags }
}
