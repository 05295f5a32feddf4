import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anyHistory } from '../../lab/facts.ts'
import { type LabRedisCluster, startRedisCluster } from '../../lab/redis-cluster.ts'
import type { Applied } from '../../src/usage/apply-facts.ts'
import { projectKeys } from '../../src/usage/keys.ts'
import { modelOf, registryModelOf } from '../../src/usage/model.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'
import { fromIndex, fromModel } from './index-and-model.ts'

let servers: LabRedisCluster
let redis: Cluster
let index: UsageIndex
beforeAll(async () => {
  servers = await startRedisCluster({ nodes: 3, replicas: 0 })
  redis = new Cluster(servers.nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
  index = makeUsageIndex({ redis, prefix: 't' })
})
afterAll(async () => {
  await redis.quit()
  await servers.close()
})

/** Three projects of a registry, one on each node. */
async function projectOnEachNode(registry: string): Promise<string[]> {
  const byNode = new Map<number, string>()
  for (let n = 0; byNode.size < 3; n++) {
    const project = `${registry}/p${n}`
    const slot = Number(await redis.cluster('KEYSLOT', projectKeys('t', project).meta))
    const node = Math.floor((slot * 3) / 16_384)
    if (!byNode.has(node)) byNode.set(node, project)
  }
  return [...byNode].sort(([a], [b]) => a - b).map(([, project]) => project)
}

const threeHistories = fc.tuple(anyHistory, anyHistory, anyHistory)

test('projects on all nodes of a cluster, and their registry, become what the model says', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(threeHistories, async (histories) => {
      const registry = `r${run++}`
      const projects = await projectOnEachNode(registry)
      const models = histories.map(({ facts }) => fromModel(facts))
      const apply = async (project: string, i: number) => {
        for (const batch of histories[i]?.deliveries ?? []) await index.apply(project, batch)
      }
      await Promise.all(projects.map(apply))
      expect(await Promise.all(projects.map((project) => fromIndex(index, project)))).toEqual(models)
      expect(await index.projects(registry)).toEqual([...projects].sort())
      const { exclusive, total } = registryModelOf(histories.map(({ facts }) => modelOf(facts).held))
      const usages = await Promise.all(projects.map((project) => index.usage(project)))
      expect(usages.map((usage) => usage?.exclusiveBytes)).toEqual(exclusive)
      expect(await index.registryBytes(registry)).toBe(total)
    }),
    { numRuns: 200 },
  )
})

test('a retell repairs the numbers after a cluster lost what a registry holds', async () => {
  const [histories = []] = fc.sample(threeHistories, { numRuns: 1, seed: 4 })
  const projects = await projectOnEachNode('lost')
  for (const [i, { facts }] of histories.entries()) await index.apply(projects[i] ?? '', facts)
  const before = await index.registryBytes('lost')
  for (const node of redis.nodes('master'))
    for (const key of await node.keys('t:{lost}:*')) if (!key.endsWith(':paths')) await redis.del(key)
  expect(await index.registryBytes('lost')).toBe(0)
  await index.retell('lost')
  expect(await index.registryBytes('lost')).toBe(before)
  const { exclusive } = registryModelOf(histories.map(({ facts }) => modelOf(facts).held))
  const usages = await Promise.all(projects.map((project) => index.usage(project)))
  expect(usages.map((usage) => usage?.exclusiveBytes)).toEqual(exclusive)
})

test('a node that has lost the scripts gets them again', async () => {
  const [histories = []] = fc.sample(threeHistories, { numRuns: 1, seed: 1 })
  const projects = await projectOnEachNode('flushed')
  for (const [i, { facts }] of histories.entries()) {
    const project = projects[i] ?? ''
    await index.apply(project, facts.slice(0, 1))
    await Promise.all(redis.nodes('master').map((node) => node.script('FLUSH')))
    await index.apply(project, facts)
    expect(await fromIndex(index, project)).toEqual(fromModel(facts))
  }
})

test('all facts are applied that come while a project moves to another node', async () => {
  const histories = fc.sample(anyHistory, { numRuns: 5, seed: 2 })
  for (const [run, { facts, deliveries }] of histories.entries()) {
    const [project = ''] = await projectOnEachNode(`moving-${run}`)
    await index.apply(project, facts.slice(facts.length / 2))
    const slot = Number(await redis.cluster('KEYSLOT', projectKeys('t', project).meta))
    const applying: Promise<Applied>[] = []
    let next = 0
    const applyOne = () => {
      applying.push(index.apply(project, deliveries[next++ % deliveries.length] ?? []))
    }
    await moveSlot(slot, applyOne)
    while (next < deliveries.length) applyOne()
    await Promise.all(applying)
    expect(await fromIndex(index, project)).toEqual(fromModel(facts))
  }
})

/** Moves a slot from the first node to the second, as `redis-cli --cluster reshard` does. */
async function moveSlot(slot: number, afterEachKey: () => void): Promise<void> {
  const [source, target] = servers.nodes.slice(0, 2).map(({ port }) => new Redis(port))
  if (source === undefined || target === undefined) throw new Error('two nodes are needed')
  try {
    const ids = [String(await source.cluster('MYID')), String(await target.cluster('MYID'))]
    await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[0] ?? '')
    await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[1] ?? '')
    for (;;) {
      const keys = await source.cluster('GETKEYSINSLOT', slot, 1)
      if (keys.length === 0) break
      await source.call('MIGRATE', '127.0.0.1', servers.nodes[1]?.port ?? 0, keys[0] ?? '', 0, 5000)
      afterEachKey()
      await sleep(5)
    }
    for (const node of [target, source]) await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', ids[1] ?? '')
  } finally {
    source.disconnect()
    target.disconnect()
  }
}
