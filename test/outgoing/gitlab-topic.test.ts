import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeGitlabTopic } from '../../src/outgoing/gitlab-topic.ts'
import type { CloudEvent } from '../../src/platform/cloud-event.ts'
import type { Flag } from '../../src/queue/alert.ts'
import { type Receiver as Server, startReceiver } from '../alerts/receiver.ts'

/** One project of GitLab, as its REST API v4 documents it: GET and PUT of /projects/:id. */
let topics: string[]
let server: Server
/** What happens when the topics are written. */
let onWrite = () => {}
beforeEach(async () => {
  topics = ['team-a']
  onWrite = () => {}
  server = await startReceiver((response, { method, path, headers, body }) => {
    const send = (status: number, answer: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    if (headers['private-token'] !== 'glpat-1') return send(401, { message: '401 Unauthorized' })
    if (path !== '/git/api/v4/projects/team%2Fapp') return send(404, { message: '404 Project Not Found' })
    if (method === 'PUT') {
      topics = JSON.parse(body).topics
      onWrite()
    }
    return send(200, { id: 1, path_with_namespace: 'team/app', topics })
  })
})
afterEach(() => server.close())

const event = (subject: string): CloudEvent => ({
  ...{ specversion: '1.0', id: 'e1', source: '/tallyman', type: 'tallyman.project.flag.changed', subject },
  ...{ time: '2026-11-27T06:00:00.000Z', datacontenttype: 'application/json', data: {} },
})
const receiver = (flagOf: (project: string) => Promise<Flag>, token = 'glpat-1') =>
  makeGitlabTopic({
    ...{ registry: 'ci', url: `http://${server.host}/git/`, token, topic: 'registry-over-quota', flagOf },
  })
const writes = () => server.received.filter(({ method }) => method === 'PUT').length

test('a project has the topic while it is over its quota, beside its others', async () => {
  let flag: Flag = 'over'
  const gitlab = receiver(async (project) => (project === 'ci/team/app' ? flag : 'ok'))
  await gitlab.send(event('ci/team/app'))
  await gitlab.send(event('ci/team/app'))
  expect(topics).toEqual(['team-a', 'registry-over-quota'])
  expect(writes()).toBe(1)
  flag = 'warning'
  await gitlab.send(event('ci/team/app'))
  expect(topics).toEqual(['team-a'])
})

test('a topic that GitLab writes in another case is the same topic', async () => {
  let flag: Flag = 'over'
  const gitlab = receiver(async () => flag)
  // As GitLab does if the site has such a topic already.
  onWrite = () => {
    topics = topics.map((one) => (one === 'registry-over-quota' ? 'Registry-Over-Quota' : one))
  }
  await gitlab.send(event('ci/team/app'))
  await gitlab.send(event('ci/team/app'))
  expect([topics, writes()]).toEqual([['team-a', 'Registry-Over-Quota'], 1])
  flag = 'ok'
  await gitlab.send(event('ci/team/app'))
  expect(topics).toEqual(['team-a'])
})

test('a flag that changes while the topic is written counts', async () => {
  let flag: Flag = 'over'
  onWrite = () => {
    flag = 'ok'
  }
  await receiver(async () => flag).send(event('ci/team/app'))
  expect(topics).toEqual(['team-a'])
})

test('it is about flags of projects of its registry only', () => {
  const { takes } = receiver(async () => 'ok')
  const taken = (type: string, scope: string) => takes({ type, scope })
  expect(taken('project.flag.changed', 'ci/team/app')).toBe(true)
  expect(taken('project.flag.changed', 'ci2/team/app')).toBe(false)
  expect(taken('image.promoted', 'ci/team/app')).toBe(false)
})

test('a project that GitLab does not have, or a token that it refuses, is a failure that no attempt mends', async () => {
  const over = async (): Promise<Flag> => 'over'
  const refused = (status: number) => ({ status, retry: false })
  await expect(receiver(over).send(event('ci/team/none'))).rejects.toMatchObject(refused(404))
  await expect(receiver(over, 'wrong').send(event('ci/team/app'))).rejects.toMatchObject(refused(401))
})
