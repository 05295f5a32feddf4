import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, type LabTallyman, startTallyman } from '../../lab/tallyman.ts'

let tallyman: LabTallyman
beforeAll(async () => {
  tallyman = await startTallyman()
})
afterAll(() => tallyman.close())

const MINUTE = 60_000
const digest = (letter: string) => `sha256:${letter.repeat(64)}`

const push = (tag: string, letter: string, aheadMs: number) =>
  tallyman.deliver({
    events: [
      {
        ...{
          id: `${tag} ${letter}`,
          timestamp: new Date(Date.now() + aheadMs).toISOString(),
          action: 'push',
        },
        target: {
          ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 500, digest: digest(letter) },
          ...{ repository: 'team/app', tag },
        },
      },
    ],
  })

interface Tags {
  tags: { tag: string; digest: string }[]
}
const heldBy = async (tag: string) => {
  const { tags } = await tallyman.get<Tags>('/v1/projects/ci%2Fteam%2Fapp/tags')
  return tags.find((one) => one.tag === tag)?.digest
}

test('a push dated a year ahead is quarantined and freezes no tag', async () => {
  expect(await push('v1', 'a', 0)).toBe(202)
  await eventually(
    () => heldBy('v1'),
    (held) => held === digest('a'),
  )
  expect(await push('v1', 'f', 365 * 1_440 * MINUTE)).toBe(202)
  const { events } = await eventually(
    () => tallyman.get<{ events: { reason: string }[] }>('/v1/quarantine'),
    (page) => page.events.length === 1,
  )
  expect(events[0]?.reason).toContain('more than 5 minutes after')
  expect(await heldBy('v1')).toBe(digest('a'))
  expect(await push('v1', 'b', 0)).toBe(202)
  await eventually(
    () => heldBy('v1'),
    (held) => held === digest('b'),
  )
})

test('a push dated 4 minutes ahead counts, and no earlier push moves its tag', async () => {
  expect(await push('v2', 'a', 4 * MINUTE)).toBe(202)
  await eventually(
    () => heldBy('v2'),
    (held) => held === digest('a'),
  )
  expect(await push('v2', 'b', 0)).toBe(202)
  expect(await push('v3', 'c', 0)).toBe(202)
  await eventually(
    () => heldBy('v3'),
    (held) => held === digest('c'),
  )
  expect(await heldBy('v2')).toBe(digest('a'))
  expect(await push('v2', 'd', 4 * MINUTE + 1_000)).toBe(202)
  await eventually(
    () => heldBy('v2'),
    (held) => held === digest('d'),
  )
})
