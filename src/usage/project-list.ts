import type { Cluster, Redis } from 'ioredis'
import { projectKeys, registryKeys } from './keys.ts'
import { splitProjectId } from './project.ts'

/**
 * How long this process takes a project to be in its registry's list, in ms. Then it adds the project again: after a
 * failover the replica may lack the newest ones.
 */
const LISTED_MS = 60_000

/** The list of a registry's projects. */
export function makeProjectList({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  /** When this process added a project to its registry's list, in ms. */
  const listedAt = new Map<string, number>()

  /** Adds a project to the list of its registry's projects. */
  async function listProject(project: string): Promise<void> {
    if (Date.now() - (listedAt.get(project) ?? 0) < LISTED_MS) return
    const { registry, path } = splitProjectId(project)
    await redis.sadd(registryKeys(prefix, registry).paths, path)
    listedAt.set(project, Date.now())
  }

  /** Takes a forgotten project off the list, unless a fact has made it anew meanwhile. */
  async function unlistProject(project: string): Promise<void> {
    const { registry, path } = splitProjectId(project)
    await redis.srem(registryKeys(prefix, registry).paths, path)
    listedAt.delete(project)
    if ((await redis.exists(projectKeys(prefix, project).meta)) === 1) await listProject(project)
  }

  /** Redis has lost its lists: each project is added again. */
  const forgetLists = () => listedAt.clear()

  return { listProject, unlistProject, forgetLists }
}
