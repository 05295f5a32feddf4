import { expect, it } from 'vitest'
import { makeChannel } from '../../src/alerts/make-channel.ts'
import { keepInMemory } from './keep-in-memory.ts'
import { startReceiver } from './receiver.ts'
import { sampleMessage } from './sample-alert.ts'

const means = { memory: keepInMemory() }

it('makes a channel of the configured type', async () => {
  const { url, received, close } = await startReceiver((response) => response.end())
  await makeChannel({ type: 'slack', name: 'chat', url, projects: [], kinds: [], from: 'info' }, means).send(
    sampleMessage,
  )
  await makeChannel(
    { type: 'webhook', name: 'hook', url, secret: 'c2VjcmV0', projects: [], kinds: [], from: 'info' },
    means,
  ).send(sampleMessage)
  close()
  const [slack, webhook] = received.map(({ body }) => Object.keys(JSON.parse(body)))
  expect(slack).toContain('text')
  expect(webhook).toContain('specversion')
})
