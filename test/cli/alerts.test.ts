import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, eventually, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import { tallyman } from './cli-bed.ts'

/** `alerts` against a real service with two chats, one of which refuses everything. */
let service: LabTallyman
let url: string
let chat: Server
const heard: { path: string | undefined; body: string }[] = []

beforeAll(async () => {
  chat = createServer(async (request, response) => {
    heard.push({ path: request.url, body: await text(request) })
    response.writeHead(request.url?.startsWith('/gone') ? 410 : 200).end('ok')
  })
  await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve))
  const { port } = chat.address() as AddressInfo
  const chatUrl = `http://127.0.0.1:${port}`
  service = await startTallyman({
    alerts: {
      channels: [
        { name: 'ops', type: 'mattermost', url: `${chatUrl}/ops` },
        { name: 'old chat', type: 'discord', url: `${chatUrl}/gone` },
      ],
    },
  })
  url = await service.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(async () => {
  await service.close()
  chat.close()
})

const run = (...argv: string[]) =>
  tallyman({ TALLYMAN_CONFIG: join(service.folder, 'tallyman.yaml') }, ...argv, '--url', url)

test('a channel is tried, and says what it answers; the history has it', async () => {
  expect(await run('alerts', 'deliveries')).toMatchObject({ status: 0, err: 'nothing was sent yet\n' })
  expect(await run('alerts', 'test', 'ops')).toMatchObject({ status: 0, out: 'ops accepted the message\n' })
  expect(heard).toHaveLength(1)
  expect(heard[0]?.body).toContain('This is a test of the channel ops')

  const refused = await run('alerts', 'test', 'old chat')
  expect(refused.status).toBe(1)
  expect(refused.err).toMatch(/failed: channel old chat at 127\S+ answered 410\n$/)
  expect(heard).toHaveLength(2)

  const { out } = await eventually(
    () => run('alerts', 'deliveries'),
    (one) => one.out.includes('refused'),
  )
  const [head, ...rows] = out.trim().split('\n')
  expect(head).toMatch(/^AT +CHANNEL +RESULT +ATTEMPT +ANSWER +TEXT$/)
  expect(rows).toEqual([
    expect.stringMatching(/Z +old chat +refused +1 +channel old chat at \S+ answered 410 +This is a test/),
    expect.stringMatching(/Z +ops +accepted +1 +This is a test of the channel ops/),
  ])
  const page = await run('alerts', 'deliveries', '--limit', '1')
  expect(page.out).toContain('old chat')
  const [, cursor = ''] = /--cursor (\S+)/.exec(page.err) ?? []
  const next = await run('alerts', 'deliveries', '--limit', '1', '--cursor', cursor)
  expect(next.out).toContain('This is a test of the channel ops')
  expect(next.err).toBe('')
})

test('the channels are listed without their URLs, with what was sent to each last', async () => {
  await run('alerts', 'test', 'ops')
  const { channels } = await eventually(
    () =>
      service.get<{ channels: { name: string; last: { result: string } | null }[] }>('/v1/alerts/channels'),
    (told) => told.channels[0]?.last !== null,
  )
  expect(channels).toEqual([
    {
      ...{
        name: 'ops',
        type: 'mattermost',
        projects: ['**'],
        kinds: ['*'],
        severity: 'info',
        isQuiet: false,
      },
      last: expect.objectContaining({ channel: 'ops', result: 'accepted' }),
    },
    expect.objectContaining({ name: 'old chat', type: 'discord' }),
  ])
  expect(JSON.stringify(channels)).not.toContain('/gone')
})

test('a channel that is not there, and a command that is not there, are named', async () => {
  const absent = await run('alerts', 'test', 'opps')
  expect(absent.err).toContain('there is no channel "opps"; configured: ops, old chat')
  const wrong = await run('alerts', 'tests')
  expect(wrong.status).not.toBe(0)
  expect(wrong.err).toContain("unknown command 'tests'\n(Did you mean test?)")
  expect(await run('alerts')).toMatchObject({ status: 0, err: 'no alerts\n' })
})

test('to try a channel takes the admin token, the history the read token', async () => {
  const inject = (method: 'GET' | 'POST', path: string, token?: string) =>
    service.app.inject({ method, url: path, ...(token && { headers: { authorization: `Bearer ${token}` } }) })
  expect((await inject('POST', '/v1/alerts/channels/ops/test', READ_TOKEN)).statusCode).toBe(403)
  expect((await inject('POST', '/v1/alerts/channels/ops/test', ADMIN_TOKEN)).statusCode).toBe(202)
  expect((await inject('GET', '/v1/alerts/deliveries')).statusCode).toBe(401)
  expect((await inject('GET', '/v1/alerts/deliveries', READ_TOKEN)).statusCode).toBe(200)
})
