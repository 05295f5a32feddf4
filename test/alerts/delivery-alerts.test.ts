import { expect, test } from 'vitest'
import { messageOf } from '../../src/alerts/message-of.ts'
import { registryAlert } from './sample-alert.ts'

test.each([
  ['deliveries.growing', 'deliveries.drained'],
  ['deliveries.unread', 'deliveries.read'],
] as const)('%s is a state, and %s resolves it', (begins, ends) => {
  const [first, last] = [begins, ends].map((event) => messageOf({ ...registryAlert, event }))
  expect(first).toMatchObject({ severity: 'warning', subject: `ci ${begins}`, type: begins })
  expect(last).toMatchObject({ severity: 'resolved', subject: `ci ${begins}`, type: ends })
})

test('a loss happened once', () => {
  expect(messageOf({ ...registryAlert, event: 'deliveries.lost' })).toMatchObject({
    ...{ severity: 'critical', subject: 'ci deliveries.lost' },
  })
})
