import { jobId } from '../queue/job-id.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { Announcements } from './notice.ts'
import { decodeAnnouncements, encodeAnnouncements } from './notice-record.ts'
import type { ExpiryPolicy } from './plan.ts'

const NOTICES = 'expiry-notices/'

type Policy = Pick<ExpiryPolicy, 'name' | 'registry'>
const folderOf = ({ registry, name }: Policy) => `${NOTICES}${registry}/${jobId(name)}/`
const keyOf = (policy: Policy, project: string) => `${folderOf(policy)}${jobId(project)}.json`

/**
 * Remembers what policies have announced: the objects `expiry-notices/<registry>/<policy>/<project>.json`, with policy and project as
 * hashes.
 */
export function makeAnnouncements(store: ObjectStore) {
  return {
    async read(policy: Policy, project: string): Promise<Announcements> {
      const body = await store.get(keyOf(policy, project))
      return body === undefined ? new Map() : decodeAnnouncements(body)
    },

    async write(policy: Policy, project: string, standing: Announcements): Promise<void> {
      const key = keyOf(policy, project)
      if (standing.size > 0) await store.put(key, encodeAnnouncements(policy.name, project, standing))
      else await store.delete(key)
    },

    /** Forgets all announcements of a policy at a registry. */
    async forget(policy: Policy): Promise<void> {
      for await (const { key } of store.list(folderOf(policy))) await store.delete(key)
    },

    /** Forgets those at a registry that are not of these policies, or not of these projects. */
    async forgetOthers(
      registry: string,
      policies: readonly Policy[],
      projects: readonly string[],
    ): Promise<void> {
      const wanted = new Set(policies.flatMap((policy) => projects.map((project) => keyOf(policy, project))))
      for await (const { key } of store.list(`${NOTICES}${registry}/`))
        if (!wanted.has(key)) await store.delete(key)
    },
  }
}
