import { expect, it } from 'vitest'
import { makeChannel } from '../../src/alerts/make-channel.ts'
import { keepInMemory } from './keep-in-memory.ts'
import { startReceiver } from './receiver.ts'
import { sampleMessage } from './sample-alert.ts'

const means = { memory: keepInMemory() }

it.each([
  ['slack', {}, 'blocks'],
  ['mattermost', {}, 'attachments'],
  ['discord', {}, 'embeds'],
  ['teams', {}, 'attachments'],
  ['google-chat', {}, 'cardsV2'],
  ['webhook', { secret: 'c2VjcmV0' }, 'specversion'],
] as const)('makes a channel of the type %s, which posts %s', async (type, more, key) => {
  const { url, received, close } = await startReceiver((response) => response.end('{"id":"1"}'))
  const config = { type, name: 'ops', url, projects: ['**'], ...more } as Parameters<typeof makeChannel>[0]
  const channel = makeChannel(config, means)
  await channel.send(sampleMessage)
  // It is tried without a message, and without the path, which is a secret.
  expect(await channel.check?.ask()).toBe('the host answers (200)')
  close()
  expect(channel.name).toBe('ops')
  expect(Object.keys(JSON.parse(received[0]?.body ?? ''))).toContain(key)
  expect(received.slice(1)).toMatchObject([{ method: 'HEAD', path: '/' }])
})

it('makes a bot of Slack', () => {
  const config = { type: 'slack-bot', name: 'ops', token: 'xoxb-1', channel: 'C1', projects: ['**'] } as const
  expect(makeChannel({ ...config, projects: ['**'], kinds: ['*'], severity: 'info' }, means).name).toBe('ops')
})
