import { isObject } from './descriptor.ts'
import { makeHttpClient, type Reach } from './http-client.ts'
import { parseJson } from './json.ts'
import { LIMITS } from './limits.ts'
import { pagesOf } from './pages.ts'
import { RegistryError } from './registry-error.ts'

/** GitLab gives at most 100 repositories on a page, some 500 bytes each. */
const PAGE_SIZE = 100
const PAGE_LIMIT = 1024 * 1024

/** The registry of a GitLab: its name in errors, and how both are reached. */
export interface GitLabRegistry {
  name: string
  reach?: Reach
}

/** A GitLab, and the groups whose repositories are meant. `token` may read its API. */
export interface GitLab {
  url: string
  token: string
  groups: readonly string[]
}

/**
 * The registry repositories of GitLab's groups and of the groups in them, by `GET /api/v4/groups/:id/registry/repositories`
 * (docs/registries.md, GitLab's registry API). @throws RegistryError
 */
export async function* gitLabRepositories(
  { url, token, groups }: GitLab,
  { name: registry, reach = {} }: GitLabRegistry,
): AsyncGenerator<string> {
  const http = makeHttpClient({ registry, userAgent: 'tallyman', blobRate: LIMITS.blobRate, reach })
  const base = new URL(url)
  const root = `${base.pathname.replace(/\/$/, '')}/api/v4/`
  const transport: Parameters<typeof pagesOf>[0] = {
    prefix: '',
    limits: LIMITS,
    error: (operation, reason) => new RegistryError({ registry, operation, reason }),
    async send({ method, url: path, resource, timeoutMs = LIMITS.answerMs }) {
      const request = { method, url: new URL(path, base), operation: `${method} ${resource}`, timeoutMs }
      const headers = { 'private-token': token, accept: 'application/json' }
      const answer = await http.send({ ...request, headers })
      if (answer.status !== 200) throw await answer.statusError()
      return answer
    },
  }
  try {
    for (const group of groups) {
      const resource = `GitLab's repositories of the group ${group}`
      const path = `${root}groups/${encodeURIComponent(group)}/registry/repositories?per_page=${PAGE_SIZE}`
      const request = { resource, url: path, scopes: [], statuses: [200] }
      for await (const { answer, meter } of pagesOf(transport, request, root)) {
        const bytes = await answer.bytes(PAGE_LIMIT)
        const entries = parseJson(bytes)
        if (!Array.isArray(entries)) throw answer.error('the answer is not a list of repositories')
        meter.add({ entries: entries.length, bytes: bytes.length })
        for (const entry of entries) if (isObject(entry) && typeof entry.path === 'string') yield entry.path
      }
    }
  } finally {
    await http.close()
  }
}
