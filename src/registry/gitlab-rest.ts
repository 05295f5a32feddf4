import { isObject } from './descriptor.ts'
import { makeHttpClient } from './http-client.ts'
import { parseJson } from './json.ts'
import { LIMITS } from './limits.ts'
import { nextPage } from './link.ts'
import { makeListMeter } from './list-meter.ts'
import { RegistryError } from './registry-error.ts'

/** GitLab gives at most 100 repositories on a page, some 500 bytes each. */
const PAGE_SIZE = 100
const PAGE_LIMIT = 1024 * 1024

/** A GitLab, and the groups whose repositories are meant. `token` may read its API. */
export interface GitLab {
  url: string
  token: string
  groups: readonly string[]
}

/**
 * The registry repositories of GitLab's groups and of the groups in them, by `GET /api/v4/groups/:id/registry/repositories`
 * (docs/registries.md, GitLab's registry API). `registry` names the registry in errors. @throws RegistryError
 */
export async function* gitLabRepositories(
  { url, token, groups }: GitLab,
  registry: string,
): AsyncGenerator<string> {
  const http = makeHttpClient({ registry, userAgent: 'tallyman', blobRate: LIMITS.blobRate })
  const base = new URL(url)
  const root = `${base.pathname.replace(/\/$/, '')}/api/v4/`
  try {
    for (const group of groups) {
      const operation = `GET GitLab's repositories of the group ${group}`
      const meter = makeListMeter(LIMITS.list, (reason) => new RegistryError({ registry, operation, reason }))
      const first = `${root}groups/${encodeURIComponent(group)}/registry/repositories?per_page=${PAGE_SIZE}`
      for (let path: string | undefined = first; path !== undefined; ) {
        meter.page(path)
        const answer = await http.send({
          ...{ method: 'GET', url: new URL(path, base), operation, timeoutMs: LIMITS.longAnswerMs },
          headers: { 'private-token': token, accept: 'application/json' },
        })
        if (answer.status !== 200) throw await answer.statusError()
        const bytes = await answer.bytes(PAGE_LIMIT)
        const entries = parseJson(bytes)
        if (!Array.isArray(entries)) throw answer.error('the answer is not a list of repositories')
        meter.add({ entries: entries.length, bytes: bytes.length })
        for (const entry of entries) if (isObject(entry) && typeof entry.path === 'string') yield entry.path
        path = nextPage(answer, root)
      }
    }
  } finally {
    await http.close()
  }
}
