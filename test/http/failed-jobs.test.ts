import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RECENTLY } from '../../lab/recently.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, startTallyman } from '../../lab/tallyman.ts'

/** A chat whose webhook was revoked, and is mended later. */
let chat: Server
let status = 404
const heard: string[] = []
let tallyman: LabTallyman

beforeAll(async () => {
  chat = createServer(async (request, response) => {
    if (status === 200) heard.push(JSON.parse(await text(request)).text)
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve))
  const { port } = chat.address() as AddressInfo
  tallyman = await startTallyman({
    quotas: [{ project: '**', limit: '1kB' }],
    alerts: { channels: [{ name: 'ops', type: 'slack', url: `http://127.0.0.1:${port}/hook` }] },
  })
})
afterAll(async () => {
  await tallyman.close()
  chat.close()
})

interface Failed {
  jobs: { id: string; attempts: number; failedReason: string; data: { channel: string } }[]
}

test('an alert that its channel refuses is kept as failed, and goes out when it is tried again', async () => {
  const layer = { mediaType: 'application/octet-stream', size: 2000, digest: `sha256:${'b'.repeat(64)}` }
  await tallyman.deliver({
    events: [
      {
        ...{ id: 'push', timestamp: RECENTLY, action: 'push' },
        target: {
          ...{
            mediaType: 'application/vnd.oci.image.manifest.v1+json',
            size: 500,
            repository: 'team/app',
            tag: 'v1',
          },
          ...{ digest: `sha256:${'a'.repeat(64)}`, references: [layer] },
        },
      },
    ],
  })
  const { jobs } = await eventually(
    () => tallyman.get<Failed>('/v1/jobs/alerts/failed'),
    (answer) => answer.jobs.length === 1,
  )
  expect(jobs[0]).toMatchObject({
    attempts: 1,
    failedReason: expect.stringContaining('404'),
    data: { channel: 'ops' },
  })
  expect(jobs[0]?.failedReason).not.toContain('/hook')

  status = 200
  const retry = (token: string) =>
    tallyman.app.inject({
      method: 'POST',
      url: `/v1/jobs/alerts/${jobs[0]?.id}/retry`,
      headers: { authorization: `Bearer ${token}` },
    })
  expect((await retry('lab-read-token-0001')).statusCode).toBe(403)
  expect((await retry(ADMIN_TOKEN)).statusCode).toBe(202)
  await eventually(
    async () => heard,
    (messages) => messages.length === 1,
  )
  expect(heard[0]).toContain('ci/team/app is OVER its quota')
  await eventually(
    () => tallyman.get<Failed>('/v1/jobs/alerts/failed'),
    (answer) => answer.jobs.length === 0,
  )
  expect((await retry(ADMIN_TOKEN)).statusCode).toBe(404)
})
