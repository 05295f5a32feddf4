import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RECENTLY } from '../../lab/recently.ts'
import { eventually, type LabTallyman, startTallyman } from '../../lab/tallyman.ts'
import { tallyman } from './cli-bed.ts'

/** `quarantine` and `jobs` against a real service, whose chat answers 404 to every alert. */
let service: LabTallyman
let url: string
let chat: Server

beforeAll(async () => {
  chat = createServer((_, response) => response.writeHead(404).end())
  await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve))
  const { port } = chat.address() as AddressInfo
  service = await startTallyman({
    quotas: [{ project: '**', limit: '1B' }],
    alerts: {
      gather: '1ms',
      channels: [{ name: 'ops', type: 'slack', url: `http://127.0.0.1:${port}/hook` }],
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

const event = (id: string, more: object = {}) => ({
  id,
  timestamp: RECENTLY,
  action: 'explode',
  target: { repository: 'team/app', tag: 'v1' },
  ...more,
})
const listed = async (...filter: string[]) => {
  const { out } = await run('quarantine', 'list', ...filter)
  return out.split('\n').slice(1, -1)
}
/** The rows of `quarantine list`, once there are `count`. */
const untilListed = (count: number) =>
  eventually(
    () => listed(),
    (rows) => rows.length === count,
  )

test('quarantine is listed, shown, replayed and discarded', async () => {
  expect(await run('quarantine', 'list')).toEqual({ status: 0, out: '', err: 'shown 0, in quarantine 0\n' })
  await service.deliver({ events: [event('1'), event('2', { timestamp: 'noon' }), event('3')] })
  const rows = await untilListed(3)
  const { out, err } = await run('quarantine', 'list', '--registry', 'ci', '--reason', 'RFC')
  expect(err).toBe('shown 1, in quarantine 3\n')
  expect(out).toMatch(
    /^ID +REGISTRY +RECEIVED +REASON\n\d+-\d+ +ci +\S+Z +timestamp "noon" is not RFC 3339\n$/,
  )

  const cut = await run('quarantine', 'list', '--limit', '2')
  const [, cursor = ''] =
    /^shown 2, in quarantine 3\nthere are more: repeat the command with --all, or with --cursor (\S+)\n$/.exec(
      cut.err,
    ) ?? []
  expect(await listed('--limit', '2', '--cursor', cursor)).toEqual(rows.slice(2))

  const [id = ''] = rows[2]?.split(' ') ?? []
  const shown = await run('quarantine', 'show', id)
  expect(JSON.parse(shown.out)).toMatchObject({
    id,
    reason: 'action "explode" is not known',
    event: event('1'),
  })
  expect(await run('quarantine', 'replay', id)).toMatchObject({
    status: 0,
    out: 'handed to the worker again: 1\n',
    err: 'an event that is still not understood returns to quarantine: tallyman quarantine list\n',
  })
  const again = await untilListed(3)
  expect(again.some((row) => row.startsWith(id))).toBe(false)
  expect((await run('quarantine', 'replay', '--reason', 'explode')).out).toBe(
    'handed to the worker again: 2\n',
  )
  const [newest = ''] = (await untilListed(3))[0]?.split(' ') ?? []

  expect((await run('quarantine', 'discard', newest, '--yes')).out).toBe('discarded: 1\n')
  expect(await run('quarantine', 'discard', newest, '--yes')).toEqual({
    status: 6,
    out: '',
    err: `DELETE ${url}/v1/quarantine/${newest}: 404 no event "${newest}" in quarantine: GET /v1/quarantine lists them\n`,
  })
  expect((await run('quarantine', 'discard', '--reason', 'RFC', '--yes')).out).toBe('discarded: 1\n')
  expect((await run('quarantine', 'discard', '--all', '--yes')).out).toBe('discarded: 1\n')
  expect((await run('quarantine', 'replay', '--all')).out).toBe('handed to the worker again: 0\n')
})

test('jobs are counted; failed jobs are listed, shown, retried and discarded', async () => {
  const content = { size: 500, digest: `sha256:${'a'.repeat(64)}` }
  const target = { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...content, tag: 'v1' }
  const push = (repository: string) =>
    event(repository, { action: 'push', target: { ...target, repository, references: [content] } })
  await service.deliver({ events: [push('team/app'), push('team/web')] })
  const untilFailed = (count: number) =>
    eventually(
      () => run('jobs', 'failed', 'alerts'),
      ({ err }) => err === `shown ${count}, failed ${count}\n`,
    )
  const { out } = await untilFailed(2)
  expect(out).toMatch(/^ID +ATTEMPTS +GIVEN UP +REASON\n\S+ +1 +\S+Z +\S.*404.*\n/)
  expect((await run('jobs')).out).toMatch(
    /^QUEUE +WAITING +ACTIVE +DELAYED +FAILED +NEXT DELAYED RUNS\n[\s\S]*\nalerts +0 +0 +0 +2\n/,
  )
  expect((await run('jobs', 'failed', 'alerts', '--limit', '1')).err).toMatch(
    /^shown 1, failed 2\nthere are more: .*--cursor \S+\n$/,
  )
  expect(await run('jobs', 'delayed', 'alerts')).toEqual({ status: 0, out: '', err: 'shown 0, delayed 0\n' })
  // The first snapshot, and the schedules of the policies and of the snapshots, wait for their time.
  expect((await run('jobs', 'delayed', 'snapshot')).out).toMatch(
    /^ID +ATTEMPTS +RUNS +REASON\n(\S+ +0 +\S+Z\n){2}$/,
  )
  const [id = ''] = out.split('\n')[1]?.split(' ') ?? []
  const shown = await run('jobs', 'show', 'alerts', id)
  expect(JSON.parse(shown.out)).toMatchObject({ id, state: 'failed', data: { channel: 'ops' } })
  expect(shown.out).not.toContain('/hook')

  expect((await run('jobs', 'retry', 'alerts', id)).out).toBe('to be tried again: 1\n')
  await untilFailed(2)
  expect((await run('jobs', 'retry', 'alerts', '--all')).out).toBe('to be tried again: 2\n')
  await untilFailed(2)
  expect((await run('jobs', 'discard', 'alerts', id, '--yes')).out).toBe('discarded: 1\n')
  expect(await run('jobs', 'retry', 'alerts', id)).toMatchObject({
    status: 6,
    err: expect.stringContaining(`404 no failed job "${id}" in queue alerts`),
  })
  expect((await run('jobs', 'discard', 'alerts', '--all', '--yes')).out).toBe('discarded: 1\n')
})

test('jobs that hold acknowledged events are discarded only with --lose-events', async () => {
  expect(await run('jobs', 'discard', 'events', '--all', '--yes')).toMatchObject({
    status: 1,
    out: '',
    err: expect.stringContaining('or say --lose-events'),
  })
  expect((await run('jobs', 'discard', 'events', '--all', '--lose-events', '--yes')).out).toBe(
    'discarded: 0\n',
  )
})

test('what a sender said cannot forge a row or reach the terminal, in any form of output', async () => {
  const hostile = '\u001b]0;owned\u0007\nforged  ci  \u009b2J\u202e\u{e0041}'
  await service.deliver({ events: [event('hostile', { action: hostile })] })
  await untilListed(1)
  const list = await run('quarantine', 'list')
  expect(list.out.split('\n')).toHaveLength(3)
  expect(list.out).toContain('\\u{1b}]0;owned\\u{7}\\u{a}forged  ci  \\u{9b}2J\\u{202e}\\u{e0041}')
  const id = list.out.split('\n')[1]?.split(' ')[0] ?? ''
  for (const { out } of [
    await run('quarantine', 'show', id),
    await run('quarantine', 'show', id, '--output', 'json'),
  ]) {
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(JSON.parse(out).event.action).toBe(hostile)
  }
  const refused = await run('quarantine', 'show', hostile)
  expect(refused.err).toMatch(/^GET [^\n]+\n$/)
  expect(refused.err.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  await run('quarantine', 'discard', '--all', '--yes')
})

test('the time of the next delayed job is told', async () => {
  const { queues } = JSON.parse((await run('jobs', '--output', 'json')).out)
  const snapshot = queues.find(({ queue }: { queue: string }) => queue === 'snapshot')
  const { jobs } = JSON.parse((await run('jobs', 'delayed', 'snapshot', '--output', 'json')).out)
  expect(Date.parse(snapshot.nextRunAt)).toBeGreaterThan(Date.now())
  expect(jobs).toMatchObject([{ nextRunAt: snapshot.nextRunAt }, {}])
})
