import { expect, test } from 'vitest'
import { digestOf } from '../../lab/image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { MOST_OF_PROJECT, makeBrokenRecords } from '../../src/integrity/broken-records.ts'
import { makeWatchBroken } from '../../src/integrity/watch-broken.ts'
import type { RegistryAlert } from '../../src/queue/alert.ts'

const bed = useRedis()
const digest = (text: string) => digestOf(Buffer.from(text))

/** A repository of broken images, each of which lacks a layer of its own. */
const brokenRepository = (repository: string, images: number) => {
  const manifests = Array.from({ length: images }, (_, n) => ({
    digest: digest(`${repository} ${n}`),
    references: [],
    damages: [
      {
        digest: digest(`layer ${repository} ${n}`),
        part: 'layer' as const,
        fault: 'missing' as const,
        size: 1,
      },
    ],
  }))
  return { repository, manifests, unreadable: [], tags: [] }
}

function setUp() {
  const records = makeBrokenRecords({ redis: bed.redis, prefix: 't' })
  const alerts: RegistryAlert[] = []
  let noted = 0
  const watch = makeWatchBroken({
    records,
    noteBroken: async (_, images) => {
      noted = images
    },
    projectIdOf: ({ registry, repository }) => `${registry}/${repository}`,
    mayBeSparse: () => false,
    findCopies: async () => [],
    announce: async (alert) => alerts.push(alert),
    now: Date.now,
  })
  return { watch, records, alerts, noted: () => noted }
}

test('a project that breaks many images does not hide those of another one, and one alert tells of all', async () => {
  const { watch, records, alerts, noted } = setUp()
  const look = await watch.begin('ci')
  await look.look(brokenRepository('many', MOST_OF_PROJECT + 50))
  await look.look(brokenRepository('one', 1))
  const all = await records.all('ci')
  expect(all.filter(({ project }) => project === 'ci/many')).toHaveLength(MOST_OF_PROJECT)
  expect(all.filter(({ project }) => project === 'ci/one')).toHaveLength(1)
  await watch.tell('ci', '2026-11-27T12:00:00.000Z')
  await watch.tell('ci', '2026-11-27T13:00:00.000Z')
  expect(noted()).toBe(MOST_OF_PROJECT + 1)
  expect(alerts).toHaveLength(1)
  expect(alerts[0]?.text.length).toBeLessThan(3_000)

  const again = await watch.begin('ci')
  for (const repository of ['many', 'one'])
    await again.look({ repository, manifests: [], unreadable: [], tags: [] })
  await watch.tell('ci', '2026-11-27T14:00:00.000Z')
  expect(alerts.map(({ event }) => event)).toEqual(['images.broken', 'images.whole'])
})

test('where a copy was is remembered for as long as the content is damaged', async () => {
  const records = makeBrokenRecords({ redis: bed.redis, prefix: 't' })
  const watch = makeWatchBroken({
    ...{ records, noteBroken: async () => {}, mayBeSparse: () => false, now: Date.now },
    projectIdOf: ({ registry, repository }) => `${registry}/${repository}`,
    findCopies: async (_, { damage }) => (damage.digest === digest('layer one 0') ? ['ci/copy'] : []),
    announce: async () => {},
  })
  async function look(...repositories: ReturnType<typeof brokenRepository>[]) {
    const look = await watch.begin('ci')
    for (const one of repositories) await look.look(one)
    await watch.tell('ci', new Date().toISOString())
    return (await records.told('ci')).copies
  }
  const one = digest('layer one 0')
  expect(await look(brokenRepository('one', 1))).toEqual({ [one]: ['ci/copy'] })
  expect(await look(brokenRepository('two', 1))).toEqual({ [one]: ['ci/copy'], [digest('layer two 0')]: [] })
  expect(await look({ repository: 'one', manifests: [], unreadable: [], tags: [] })).toEqual({
    [digest('layer two 0')]: [],
  })
})

test('a storage that dies slowly gives one alert an hour, which tells all that is new, and its end at once', async () => {
  const { watch, alerts } = setUp()
  const at = (minutes: number) =>
    new Date(Date.parse('2026-11-27T12:00:00Z') + minutes * 60_000).toISOString()
  for (let n = 0; n < 12; n++) {
    const look = await watch.begin('ci')
    await look.look(brokenRepository(`dying ${n}`, 1))
    await watch.tell('ci', at(10 * n), 'seldom')
  }
  expect(alerts.map((one) => one.at)).toEqual([at(0), at(60)])
  expect(alerts[1]?.text).toContain('3 more contents')
  // A reconcile tells at once.
  await watch.tell('ci', at(111))
  expect(alerts).toHaveLength(3)
  const look = await watch.begin('ci')
  for (let n = 0; n < 12; n++)
    await look.look({ repository: `dying ${n}`, manifests: [], unreadable: [], tags: [] })
  await watch.tell('ci', at(112), 'seldom')
  expect(alerts.at(-1)?.event).toBe('images.whole')
})
