import { expect, test } from 'vitest'
import type { Damage } from '../../src/integrity/damage.ts'
import { makeWhyBroken } from '../../src/integrity/why-broken.ts'

const damage = (facts: Partial<Damage>): Damage => ({
  ...{ digest: `sha256:${'a'.repeat(64)}`, part: 'layer', fault: 'corrupt', size: 5 },
  ...facts,
})
const image = { registry: 'ci', repository: 'a/x', digest: `sha256:${'b'.repeat(64)}` }
const why = (damages: Damage[], notWhole?: string) =>
  makeWhyBroken({
    records: {
      find: async () => ({
        ...{ ...image, tags: [], tagCount: 0, damages, damageCount: damages.length },
        ...{ project: 'ci/a', since: '', seenAt: '' },
      }),
    },
    whyNotWhole: async () => notWhole,
  })(image)

test('what only a cache in front of the registry serves wrong refuses no copy', async () => {
  expect(await why([damage({ isInFront: true, at: 'x' })])).toBeUndefined()
  expect(await why([damage({ isInFront: true }), damage({ fault: 'missing' })])).toBeUndefined()
  expect(await why([damage({ isInFront: true }), damage({ fault: 'missing' })], 'gone')).toContain(
    'is missing',
  )
})

test('what the registry itself serves wrong is believed; what was missing is looked for', async () => {
  expect(await why([damage({})])).toContain('has other bytes')
  expect(await why([damage({ fault: 'missing' })])).toBeUndefined()
})
