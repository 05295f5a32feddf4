import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makePush, pushEvent } from '../../lab/event-source.ts'
import { eventually, type LabTallyman, READ_TOKEN, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { admissionRoute } from '../../src/http/admission-route.ts'
import { buildApp } from '../../src/http/app.ts'
import { makeProblemOf } from '../../src/http/problem.ts'
import { makeLog } from '../../src/platform/log.ts'

/** What a push is answered is in test/deploy/nginx.test.ts. */
const PUSH = { 'x-original-method': 'PUT', 'x-original-uri': '/v2/team/app/manifests/v1' }

let tallyman: LabTallyman
beforeAll(async () => {
  tallyman = await startTallyman({
    admission: { enabled: true, quotas: ['project', 'group'] },
    quotas: [
      { group: 'platform', projects: ['ci/platform/*'], limit: '1kB' },
      { registry: 'ci', limit: '1kB' },
    ],
  })
})
afterAll(() => tallyman.close())

async function ask(app: Pick<FastifyInstance, 'inject'>, token: string, headers: object) {
  const answer = await app.inject({
    url: '/v1/admission',
    headers: { authorization: `Bearer ${token}`, ...headers },
  })
  return [answer.statusCode, answer.body && answer.json().detail]
}

test('a registry that is not over its quota may be pushed to', async () => {
  expect(await ask(tallyman.app, WEBHOOK_TOKEN, PUSH)).toEqual([204, ''])
})

test('a push is refused while a group of its project is over, and not for a registry that is, unless that is asked for', async () => {
  const event = pushEvent({ ...makePush(0, 0, 0), repository: 'platform/app' })
  expect(await tallyman.deliver({ events: [event] })).toBe(202)
  const raised = () => tallyman.get<{ flags: { kind: string }[] }>('/v1/flags?flag=over')
  await eventually(raised, ({ flags }) => flags.length === 2)
  const headers = { ...PUSH, 'x-original-uri': '/v2/platform/other/manifests/v1' }
  const answer = await eventually(
    () =>
      tallyman.app.inject({
        url: '/v1/admission',
        headers: { authorization: `Bearer ${WEBHOOK_TOKEN}`, ...headers },
      }),
    ({ statusCode }) => statusCode === 403,
  )
  expect(answer.json().errors[0].message).toMatch(
    /^the group platform, in which the project platform\/other counts, has been over its quota since 2.+ UTC: delete images, or ask for a larger quota$/,
  )
  expect(await ask(tallyman.app, WEBHOOK_TOKEN, PUSH)).toEqual([204, ''])
})

test('only the token of a registry asks', async () => {
  const detail = 'expected "Authorization: Bearer" with the token of a registry'
  for (const token of [READ_TOKEN, 'none'])
    expect(await ask(tallyman.app, token, PUSH)).toEqual([401, detail])
})

test('a question without the method or the target is refused, with what is missing', async () => {
  for (const missing of Object.keys(PUSH)) {
    const headers = Object.fromEntries(Object.entries(PUSH).filter(([name]) => name !== missing))
    expect(await ask(tallyman.app, WEBHOOK_TOKEN, headers)).toEqual([400, expect.stringContaining(missing)])
  }
})

test('it is off unless the configuration turns it on', async () => {
  const log = makeLog('silent')
  const off = await buildApp({
    ...{ log, bodyLimit: 1_000, onNoRoute() {} },
    problemOf: makeProblemOf({ log, outage: { takes: () => false } }),
    routes: [
      admissionRoute({
        ...{ admit: undefined, registryOf: () => 'ci', gated: new Set(), pass: async () => {} },
      }),
    ],
  })
  const detail = 'admission is off: set admission.enabled (docs/admission.md)'
  expect(await ask(off, WEBHOOK_TOKEN, PUSH)).toEqual([404, detail])
  await off.close()
})
