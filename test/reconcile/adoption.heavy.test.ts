import { expect, test } from 'vitest'
import { pushImage } from '../../lab/push-image.ts'
import { startRegistry } from '../../lab/registry.ts'
import { usageFromStorage } from '../../lab/storage-truth.ts'
import { eventually, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import type { Decision } from '../../src/expiry/decision.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { startFakeGitLab } from '../registry/fake-gitlab.ts'
import { builtAt } from './dated-image.ts'

/** A registry with 500 images that is older than Tallyman is adopted by one start. */
const REPOSITORIES = ['shop/web', 'shop/web/cache', 'shop/api', 'data/etl', 'data/tools']
const EACH = 100
const DAY_MS = 86_400_000
/** In an order that is not that of the builds: 37 has no divisor in common with 100. */
const daysOf = (n: number) => ((n * 37) % EACH) + 1
const now = Date.now()
const builtOf = (n: number) => new Date(now - daysOf(n) * DAY_MS).toISOString()

interface Adopted {
  url: string
  storage: string
  close(): Promise<void>
}

async function start(
  kind: string,
): Promise<Adopted & Partial<Pick<Awaited<ReturnType<typeof startFakeGitLab>>, 'tags'>>> {
  if (kind === 'distribution') return startRegistry()
  return startFakeGitLab({ hasDatabase: kind === 'GitLab with a metadata database' })
}

test.each(['distribution', 'GitLab with a metadata database', 'GitLab without one'])(
  '%s: numbers equal the storage, ages the builds or what GitLab tells, and keepNewest keeps the newest',
  async (kind) => {
    const registry = await start(kind)
    const client = makeRegistryClient({ name: 'ci', url: registry.url })
    try {
      const push = async (repository: string) => {
        for (let n = 0; n < EACH; n++) {
          const image = builtAt(builtOf(n), `${repository} ${n}`)
          await pushImage(client, repository, `v${n}`, image)
          const published_at = builtOf(n)
          const told = registry.tags?.get(repository) ?? []
          told.push({
            ...{ name: `v${n}`, digest: image.root.digest, media_type: image.root.mediaType },
            ...{ size_bytes: 1, created_at: published_at, published_at },
          })
          registry.tags?.set(repository, told)
        }
      }
      await Promise.all(REPOSITORIES.map(push))
      const tallyman = await startTallyman({
        registries: {
          ci: {
            ...{ url: registry.url, token: WEBHOOK_TOKEN },
            ...(kind !== 'distribution' && { repositories: { names: REPOSITORIES } }),
          },
        },
        reconcile: { atFirstStart: true },
        expiry: {
          policies: [
            {
              ...{ name: 'newest', match: { registry: 'ci' } },
              rules: [
                { tag: '*', keep: { newest: 10 } },
                { tag: '*', expire: true },
              ],
            },
          ],
        },
      })
      try {
        const get = tallyman.get
        await eventually(
          async () => (await get<{ registries: { state: string }[] }>('/v1/registries')).registries[0]?.state,
          (state) => state === 'read',
        )
        const truth = usageFromStorage(registry.storage)
        for (const [project, usage] of truth.projects) {
          const found = await get<Record<string, unknown>>(
            `/v1/projects/${encodeURIComponent(`ci/${project}`)}`,
          )
          expect(found).toMatchObject({ ...usage, unreferencedBytes: 0 })
        }
        const { tags } = await get<{ tags: { tag: string; pushedAt: string; ageSource: string }[] }>(
          `/v1/projects/${encodeURIComponent('ci/data/etl')}/tags?limit=1000`,
        )
        expect(tags).toHaveLength(EACH)
        for (const { tag, pushedAt, ageSource } of tags) {
          expect(Date.parse(pushedAt)).toBe(Date.parse(builtOf(Number(tag.slice(1)))))
          expect(ageSource).toBe(kind === 'GitLab with a metadata database' ? 'registry' : 'image')
        }
        const { plans } = await get<{ plans: { decisions: Decision[] }[] }>(
          '/v1/expiry/plan?policy=newest&verdict=keep&limit=1000',
        )
        const kept = plans[0]?.decisions.filter(({ verdict }) => verdict === 'keep') ?? []
        for (const repository of REPOSITORIES) {
          const own = kept.filter((one) => one.repository === repository).flatMap((one) => one.tags)
          expect(own.map((tag) => daysOf(Number(tag.slice(1)))).sort((a, b) => a - b)).toEqual([
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
          ])
        }
      } finally {
        await tallyman.close()
      }
    } finally {
      await client.close()
      await registry.close()
    }
  },
)
