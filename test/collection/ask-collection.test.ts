import { expect, test } from 'vitest'
import { askCollection } from '../../src/collection/ask-collection.ts'
import type { CollectionRun } from '../../src/collection/collection-run.ts'

const asked = { registry: 'ci', mode: 'conduct', dryRun: false, force: false, by: 'ann' } as const

test('a collection that cannot be put into the queue has failed, and does not wait for ever', async () => {
  const saved: CollectionRun[] = []
  const runs = { save: async (run: CollectionRun) => void saved.push(structuredClone(run)) }
  const add = () => Promise.reject(new Error('Redis is away'))
  const queues = { collections: { add } } as unknown as Parameters<typeof askCollection>[0]['queues']
  await expect(askCollection({ queues, runs }, asked, 1_795_000_000_000)).rejects.toThrow('Redis is away')
  expect(saved.at(-1)).toMatchObject({
    ...{ id: saved[0]?.id, phase: 'ended', outcome: 'failed', isHeld: false },
    ...{ error: 'it could not be put into the queue: Redis is away', endedAt: expect.any(String) },
  })
})
