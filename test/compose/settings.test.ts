import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent } from 'undici'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { ADMIN_TOKEN, READ_TOKEN, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import type { ChannelMemory } from '../../src/alerts/channel.ts'
import { makeSettings } from '../../src/compose/settings.ts'
import { loadConfig } from '../../src/config/load.ts'
import { keepInMemory } from '../alerts/keep-in-memory.ts'
import { startReceiver } from '../alerts/receiver.ts'
import { sampleMessage } from '../alerts/sample-alert.ts'

test('a channel that becomes one of another type does not read what it kept before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-settings-'))
  const chat = await startReceiver((response) => response.end('{"event_id":"$1","id":"7"}'))
  const dispatcher = new Agent()
  const memories = new Map<string, ChannelMemory>()
  async function send(id: string, channel: object): Promise<void> {
    const file = join(folder, 'tallyman.yaml')
    const config = {
      server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN },
      registries: { ci: { url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN } },
      alerts: { channels: [{ name: 'ops', ...channel }] },
    }
    await writeFile(file, stringify(config))
    const { routes } = makeSettings(await loadConfig(file, {}), {
      ...{ projectOf: () => '', dispatcher },
      memoryOf: (key) => {
        const memory = memories.get(key) ?? keepInMemory()
        memories.set(key, memory)
        return memory
      },
    })
    await routes.named('ops')?.send({ ...sampleMessage, id, severity: 'warning' })
  }
  try {
    await send('m1', {
      type: 'matrix',
      url: `http://${chat.host}`,
      accessToken: 'secret-1',
      room: '!a:example.org',
    })
    await send('m2', { type: 'discord', url: chat.url })
    await send('m3', {
      type: 'matrix',
      url: `http://${chat.host}`,
      accessToken: 'secret-1',
      room: '!a:example.org',
    })
  } finally {
    chat.close()
    await dispatcher.close()
    await rm(folder, { recursive: true })
  }
  expect(chat.received.map(({ method, path }) => `${method} ${path?.split('/').at(-1)}`)).toEqual([
    'PUT m1',
    'POST s3cret?wait=true',
    'PUT m3',
    'PUT m3-edit',
  ])
})
