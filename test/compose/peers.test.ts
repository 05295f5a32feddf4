import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makePeers } from '../../src/compose/peers.ts'

const bed = useRedis()
let now = 1_000_000
const peer = (fingerprint: string) =>
  makePeers({ redis: bed.redis, prefix: 't', fingerprint: () => fingerprint, now: () => now++ })

test('processes with one configuration get no warning', async () => {
  const [api, worker] = [peer('a'), peer('a')]
  for (let round = 0; round < 3; round++)
    for (const { look } of [api, worker]) expect(await look()).toEqual([])
})

test('a process with another configuration on the same prefix is a warning for both', async () => {
  const [one, other] = [peer('a'), peer('b')]
  await one.look()
  await other.look()
  expect(await one.look()).toEqual([])
  for (const { look } of [other, one])
    expect(await look()).toEqual([
      expect.stringMatching(/^process \d+ on .+ uses the prefix "t" .* another configuration: restart it/),
    ])
  await other.leave()
  expect(await one.look()).toEqual([])
})

test('a process that was killed is no warning after a start with a changed configuration, and is forgotten', async () => {
  await peer('old').look()
  const started = peer('new')
  for (let round = 0; round < 3; round++) expect(await started.look()).toEqual([])
  now += 700_000
  await started.look()
  expect(await bed.redis.hlen('t:processes')).toBe(1)
})
