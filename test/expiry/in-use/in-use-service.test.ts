import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../../lab/image.ts'
import { freePort } from '../../../lab/ports.ts'
import { pushImage } from '../../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../../lab/registry.ts'
import {
  ADMIN_TOKEN,
  eventually,
  type LabTallyman,
  startTallyman,
  WEBHOOK_TOKEN,
} from '../../../lab/tallyman.ts'
import { makeRegistryClient, type RegistryClient } from '../../../src/registry/client.ts'

/** The whole service with a real registry. The policy deletes every image that has a tag; a file names those in use. */
let registry: LabRegistry
let tallyman: LabTallyman
let client: RegistryClient
let file: string
beforeAll(async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/v1/events`
  registry = await startRegistry({ notify: { url, token: WEBHOOK_TOKEN } })
  client = makeRegistryClient({ name: 'ci', url: registry.url })
  file = join(registry.folder, 'in-use.txt')
  tallyman = await startTallyman({
    registries: { ci: { url: registry.url, token: WEBHOOK_TOKEN } },
    reconcile: { onNewInstance: false },
    expiry: {
      maxShare: '100%',
      policies: [
        { name: 'all', match: { registry: 'ci' }, mode: 'apply', rules: [{ tag: '*', expire: true }] },
      ],
      inUse: [{ name: 'cluster', file }],
    },
  })
  await tallyman.app.listen({ port })
})
afterAll(async () => {
  await client?.close()
  await tallyman?.close()
  await registry?.close()
})

async function push(...tags: string[]) {
  for (const tag of tags)
    await pushImage(client, 'team/app', tag, makeImage({ layers: [{ seed: tag, bytes: 2_000 }], label: tag }))
  await registry.untilDelivered()
  await tallyman.reconcile('ci')
}
const name = (tag: string) => `${registry.host}/team/app:${tag}`
const tags = async () => (await Array.fromAsync(client.tags('team/app'))).sort()

interface Planned {
  tags: string[]
  verdict: string
  reason: string
}
async function plan() {
  const answer = await tallyman.app.inject({
    url: '/v1/expiry/plan?policy=all',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, accept: 'application/x-ndjson' },
  })
  const lines = answer.body
    .trim()
    .split('\n')
    .slice(0, -1) // It says that all is told.
    .map((line): Planned => JSON.parse(line))
  return Object.fromEntries(lines.map(({ tags, verdict, reason }) => [tags.join(), `${verdict}: ${reason}`]))
}
async function run() {
  const asked = await tallyman.app.inject({
    ...{ method: 'POST', url: '/v1/expiry/runs', payload: { policy: 'all', dryRun: false } },
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  expect(asked.statusCode).toBe(202)
  await eventually(
    () => tallyman.get<{ state: string }>(`/v1/jobs/expiry/${asked.json().job}`),
    ({ state }) => state === 'completed',
  )
}

test('what is in use is kept, what is missing is told, and a source that came to be empty keeps everything', async () => {
  await push('v1', 'v2', 'v3')
  await writeFile(file, [name('v1'), name('gone'), 'quay.io/team/app:v3'].join('\n'))
  expect(await plan()).toEqual({
    v1: 'keep: it is in use: cluster names team/app:v1',
    v2: expect.stringMatching(/^delete: /),
    v3: expect.stringMatching(/^delete: /),
  })
  const { alerts } = await eventually(
    () => tallyman.get<{ alerts: { event?: string; text: string }[] }>('/v1/alerts'),
    ({ alerts }) => alerts.length > 0,
  )
  expect(alerts).toMatchObject([
    {
      event: 'inUse.missing',
      text: 'ci: cluster uses an image that the registry does not have: team/app:gone',
    },
  ])

  // The plan has read the source a moment ago. A run reads it anew.
  await writeFile(file, [name('v1'), name('v2')].join('\n'))
  await run()
  expect(await tags()).toEqual(['v1', 'v2'])

  await writeFile(file, '')
  await push('v4')
  await run()
  expect(await tags()).toEqual(['v1', 'v2', 'v4'])
})
