import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makePush, pushEvent } from '../../lab/event-source.ts'
import {
  ADMIN_TOKEN,
  eventually,
  type LabTallyman,
  READ_TOKEN,
  startTallyman,
  WEBHOOK_TOKEN,
} from '../../lab/tallyman.ts'
import { tallyman as run } from './cli-bed.ts'

const USES_TOKEN = 'lab-uses-token-0001'
const image = makePush(0, 0, 0)
let tallyman: LabTallyman
let url: string
beforeAll(async () => {
  tallyman = await startTallyman({
    server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, usesToken: USES_TOKEN },
    registries: {
      ci: { url: 'http://registry.example.com', token: WEBHOOK_TOKEN, hosts: ['hub.internal:5000'] },
    },
  })
  url = await tallyman.app.listen({ port: 0 })
  expect(await tallyman.deliver({ events: [pushEvent(image)] })).toBe(202)
  await tallyman.untilDone('events')
})
afterAll(() => tallyman?.close())

const post = (token: string, body: unknown) =>
  tallyman.app.inject({
    ...{ method: 'POST', url: '/v1/uses', headers: { authorization: `Bearer ${token}` } },
    payload: body as object,
  })
const lastUse = async () => {
  const path = `/v1/projects/${encodeURIComponent(`ci/${image.repository}`)}/tags`
  const { tags } = await tallyman.get<{ tags: { lastPullAt: string | null }[] }>(path)
  return tags.map(({ lastPullAt }) => lastPullAt)
}

test('the token of reporters may report, and nothing else', async () => {
  const body = { source: 'node-1', uses: [] }
  expect((await post(USES_TOKEN, body)).json()).toEqual({ accepted: 0, unknown: [], refused: [] })
  expect((await post(ADMIN_TOKEN, body)).statusCode).toBe(200)
  expect((await post(READ_TOKEN, body)).json()).toMatchObject({
    ...{
      status: 403,
      detail: 'this needs report over all projects: the read token has read over all projects',
    },
  })
  expect((await post('another-token-0001', body)).statusCode).toBe(401)
  const headers = { authorization: `Bearer ${USES_TOKEN}` }
  const read = await tallyman.app.inject({ url: '/v1/registries', headers })
  expect(read.json()).toMatchObject({
    ...{
      status: 403,
      detail: 'this needs read over all projects: the uses token has report over all projects',
    },
  })
})

test('a request with more than 1,000 uses, or with an unknown key, is refused whole', async () => {
  const use = { reference: 'ci/a:v1' }
  expect((await post(USES_TOKEN, { source: 's', uses: Array(1_001).fill(use) })).statusCode).toBe(400)
  expect((await post(USES_TOKEN, { source: 's', uses: [{ ...use, when: 1 }] })).json()).toMatchObject({
    ...{ status: 400, detail: 'body/uses/0: unknown key "when"' },
  })
  expect((await post(USES_TOKEN, { source: 's', uses: [], why: 'x' })).json().detail).toBe(
    'body: unknown key "why"',
  )
  expect((await post(USES_TOKEN, { source: '', uses: [] })).statusCode).toBe(400)
})

test('the command reports the lines of a file, however many', async () => {
  expect(await lastUse()).toEqual([null])
  const file = join(tallyman.folder, 'images.txt')
  const others = Array.from({ length: 1_200 }, (_, n) => `quay.io/team/app:v${n}`)
  await writeFile(file, [...others, `hub.internal:5000/${image.repository}:${image.tag}`, ''].join('\r\n'))
  const env = { TALLYMAN_TOKEN: USES_TOKEN }
  const reported = await run(
    env,
    '--url',
    url,
    '--output',
    'json',
    'uses',
    'report',
    file,
    '--source',
    'node-1',
  )
  expect(reported.err).toBe('')
  expect(reported.status).toBe(0)
  expect(JSON.parse(reported.out)).toMatchObject({ accepted: 1, refused: [] })
  expect(JSON.parse(reported.out).unknown).toHaveLength(1_200)
  const [at] = await eventually(lastUse, ([at]) => at !== null)
  expect(Date.parse(at ?? '')).toBeLessThanOrEqual(Date.now())
})

test('a line that is no name of an image fails the command, and the others count', async () => {
  const file = join(tallyman.folder, 'wrong.txt')
  await writeFile(file, `# a comment\n\nci/${image.repository}:${image.tag}\n  # another\nnot an image\n`)
  const reported = await run(
    { TALLYMAN_TOKEN: USES_TOKEN },
    '--url',
    url,
    'uses',
    'report',
    file,
    '--source',
    'n',
  )
  expect(reported.status).toBe(1)
  expect(reported.out).toMatch(/uses that count: 1\n/)
  expect(reported.out).not.toContain('#')
  expect(reported.err).toContain('refused: 1 of 2')
  expect(reported.out).toMatch(/not an image +expected \[host\/\]repository\[:tag\]\[@digest\]/)
})
