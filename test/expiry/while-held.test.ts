import { expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { runIdentity } from '../../src/expiry/run-id.ts'
import { NOW, useExpiry } from './expire-bed.ts'

const bed = useExpiry()
const image = (seed: string) => makeImage({ layers: [{ seed, bytes: 500 }] })

/** A registry that refuses deletes as one that is read-only does, from the request `from` on, for `pauses` of the run. */
function held({ from = 1, pauses = 3, status = 405 }) {
  let isHeld = from === 0
  let deletes = 0
  let slept = 0
  return {
    isHeld: async () => isHeld,
    async sleep() {
      slept += 1
      if (slept >= pauses) isHeld = false
    },
    refuse: () =>
      bed.registry.onRequest(({ method }) => {
        if (method !== 'DELETE') return undefined
        deletes += 1
        if (deletes === from) isHeld = true
        return isHeld ? status : undefined
      }),
    get deletes() {
      return deletes
    },
  }
}

test('a run waits while a collection holds its registry: no delete is sent, and none is recorded as refused', async () => {
  const registry = held({ from: 0 })
  const { run, push } = bed.setUp({ isHeld: registry.isHeld, sleep: registry.sleep })
  await push('pr-1', image('1'), bed.repository)
  registry.refuse()
  expect(await run('branches', false)).toMatchObject({ state: 'done', deletes: [{ outcome: 'deleted' }] })
  expect(registry.deletes).toBe(1)
})

// 405: the registry's own. 503: the proxy that holds writes back from it.
test.for([405, 403, 503])(
  'a delete that comes right after a hold began, and gets %s, is tried again',
  async (status) => {
    const registry = held({ status, pauses: status === 503 ? 5 : 3 })
    const { run, push, journal } = bed.setUp({ isHeld: registry.isHeld, sleep: registry.sleep })
    for (const tag of ['pr-1', 'pr-2']) await push(tag, image(`${tag} ${status}`), bed.repository)
    registry.refuse()
    const record = await run('branches', false)
    expect(record).toMatchObject({
      ...{ state: 'done' },
      deletes: [{ outcome: 'deleted' }, { outcome: 'deleted' }],
    })
    expect((await journal.recent(1))[0]?.stopped).toBeUndefined()
  },
)

test('a registry that deletes nothing and is not held still says so at once', async () => {
  const { run, push } = bed.setUp()
  await push('pr-1', image('1'), bed.repository)
  bed.registry.onRequest(({ method }) => (method === 'DELETE' ? 403 : undefined))
  expect(await run('branches', false)).toMatchObject({ deletes: [{ outcome: 'refused' }] })
})

test('a run that waits for a hold that never ends can be stopped', async () => {
  const { run, push } = bed.setUp({ isHeld: async () => true, sleep: async () => {} })
  await push('pr-1', image('1'), bed.repository)
  let looks = 0
  const stopOf = async () =>
    ++looks > 5 ? { by: 'somebody', at: new Date(NOW / 1000).toISOString() } : undefined
  const record = await run('branches', false, runIdentity(NOW / 1000, crypto.randomUUID()), { stopOf })
  expect(record).toMatchObject({ state: 'stopped', deletes: [] })
})
