import { afterAll, beforeAll, expect, test } from 'vitest'
import { RECENTLY } from '../../lab/recently.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import type { QuotaChangeAlert } from '../../src/queue/alert.ts'
import { type Receiver, startReceiver } from './receiver.ts'

/** The whole service. Nobody listens at the registry, so what asks it fails. */
let tallyman: LabTallyman
let receiver: Receiver
beforeAll(async () => {
  receiver = await startReceiver((response) => response.end('ok'))
  tallyman = await startTallyman({
    server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, publicUrl: 'https://tallyman.example.com/' },
    quotas: [{ project: '**', limit: '1000' }],
    expiry: {
      policies: [
        {
          name: 'branches',
          match: { registry: 'ci' },
          rules: [{ tag: 'pr-*', olderThan: '1ms', expire: true }],
        },
      ],
    },
    alerts: { gather: '1ms', channels: [{ name: 'ops', type: 'mattermost', url: receiver.url }] },
  })
})
afterAll(async () => {
  await tallyman?.close()
  receiver?.close()
})

test('an alert of the service tells what the expiry policy would free, and links to pages of the dashboard', async () => {
  const push = (letter: string, tag: string) => ({
    ...{ id: tag, timestamp: RECENTLY, action: 'push' },
    target: {
      ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 600, repository: 'team/app', tag },
      ...{ digest: `sha256:${letter.repeat(64)}`, references: [] },
    },
  })
  await tallyman.deliver({ events: [push('a', 'pr-1'), push('b', 'v1')] })
  const alerts = () => tallyman.get<{ alerts: QuotaChangeAlert[] }>('/v1/alerts')
  const found = await eventually(alerts, (answer) => answer.alerts.length > 0)
  const policies = ['branches']
  expect(found.alerts[0]).toMatchObject({ to: 'over', frees: { bytes: 600, images: 1, policies } })
  await eventually(
    async () => receiver.received.length,
    (length) => length > 0,
  )
  const text = receiver.received[0]?.body ?? ''
  expect(text).toMatch(/would free (about )?600 B: 1 image/)
  const links = [...text.matchAll(/<https:\/\/tallyman\.example\.com(\/[^>]+)>/g)].map(
    ([, path]) => path ?? '',
  )
  // test/web/project.browser.test.ts follows such links.
  expect(links).toEqual(['/projects/ci/team/app', '/plan?project=ci%2Fteam%2Fapp'])
})
