import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import {
  ADMIN_TOKEN,
  eventually,
  type LabTallyman,
  startTallyman,
  WEBHOOK_TOKEN,
} from '../../lab/tallyman.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'

/** The metrics of usage, with a real registry: two projects have gauges of their own. */
let ci: LabRegistry
let tallyman: LabTallyman
let client: RegistryClient

beforeAll(async () => {
  const port = await freePort()
  ci = await startRegistry({ notify: { url: `http://127.0.0.1:${port}/v1/events`, token: WEBHOOK_TOKEN } })
  tallyman = await startTallyman({
    registries: { ci: { url: ci.url, token: WEBHOOK_TOKEN }, target: { url: 'http://127.0.0.1:1' } },
    quotas: [{ project: 'ci/team/p3', limit: '10kB' }],
    metrics: { projects: 2 },
    reconcile: { onNewInstance: false },
  })
  await tallyman.app.listen({ port })
  client = makeRegistryClient({ name: 'ci', url: ci.url })
  for (const n of [0, 1, 2, 3]) {
    const layers = [
      { seed: 'base', bytes: 1_000 },
      { seed: `p${n}`, bytes: 10_000 * (n + 1) },
    ]
    await pushImage(client, `team/p${n}`, 'v1', makeImage({ layers, label: `p${n}` }))
  }
})
afterAll(async () => {
  await client?.close()
  await tallyman?.close()
  await ci?.close()
})

/** The values of Tallyman's gauges, by name and labels. */
async function scrape(): Promise<Map<string, number>> {
  const { body } = await tallyman.app.inject({ url: '/metrics' })
  const lines = body.split('\n').filter((line) => line.startsWith('tallyman_'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

const SIZES = ['unique', 'exclusive', 'referenced', 'unreferenced'] as const
interface Project extends Record<`${(typeof SIZES)[number]}Bytes`, number> {
  id: string
  manifests: number
  flag: string
}

test('the largest projects have gauges with what the API says, the others are summed, and flags are 0 or 1', async () => {
  const { projects } = await eventually(
    () => tallyman.get<{ projects: Project[] }>('/v1/projects'),
    ({ projects: all }) =>
      all.length === 4 &&
      all.every(({ manifests }) => manifests === 1) &&
      all.some(({ flag }) => flag === 'over'),
  )
  expect(projects.map(({ id }) => id)).toEqual(['ci/team/p3', 'ci/team/p2', 'ci/team/p1', 'ci/team/p0'])
  const [large = 0, small = 0] = projects.slice(2).map(({ uniqueBytes }) => uniqueBytes)
  // The list of projects may be from a moment ago.
  const found = await eventually(
    scrape,
    (values) =>
      values.get('tallyman_projects{registry="ci",flag="over"}') === 1 &&
      values.get('tallyman_project_unique_bytes{registry="ci",project="(others)"}') === large + small,
  )
  for (const size of SIZES) {
    const bytes = projects.map((project) => project[`${size}Bytes`])
    const gauge = (project: string) =>
      found.get(`tallyman_project_${size}_bytes{registry="ci",project="${project}"}`)
    const [p3, p2, p1 = 0, p0 = 0] = bytes
    expect([gauge('team/p3'), gauge('team/p2'), gauge('team/p1'), gauge('(others)')]).toEqual([
      ...[p3, p2, undefined, p1 + p0],
    ])
  }
  expect(found.get('tallyman_project_limit_bytes{registry="ci",project="team/p3"}')).toBe(10_000)
  expect(found.has('tallyman_project_limit_bytes{registry="ci",project="team/p2"}')).toBe(false)
  const flags = ['ok', 'warning', 'over'].map((flag) =>
    found.get(`tallyman_project_flag{registry="ci",project="team/p3",flag="${flag}"}`),
  )
  expect(flags).toEqual([0, 0, 1])
  expect(found.get('tallyman_projects{registry="ci",flag="ok"}')).toBe(3)
})

test('a registry has its bytes, whether the index is exact, and the time of the last reconcile; a target has none', async () => {
  const before = await scrape()
  const { registries } = await tallyman.get<{ registries: { uniqueBytes: number }[] }>('/v1/registries')
  expect(before.get('tallyman_registry_unique_bytes{registry="ci"}')).toBe(registries[0]?.uniqueBytes)
  expect(before.get('tallyman_registry_exact{registry="ci"}')).toBe(0)
  expect([...before.keys()].filter((name) => /last_reconcile|"target"/.test(name))).toEqual([])
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const startedAt = Date.now() / 1_000
  await tallyman.app.inject({ method: 'POST', url: '/v1/registries/ci/reconcile', headers, payload: {} })
  const after = await eventually(
    scrape,
    (values) => values.get('tallyman_registry_exact{registry="ci"}') === 1,
  )
  const at = after.get('tallyman_registry_last_reconcile_timestamp_seconds{registry="ci"}') ?? 0
  expect(at).toBeGreaterThanOrEqual(startedAt)
  expect(at).toBeLessThanOrEqual(Date.now() / 1_000)
})
