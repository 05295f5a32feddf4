import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf } from '../../lab/image.ts'
import { RECENTLY } from '../../lab/recently.ts'
import { eventually, type LabTallyman, startTallyman } from '../../lab/tallyman.ts'

/** However much registries hold, the number of series stays what the configuration makes it. */
const PROJECTS = 50
const CHANNELS = 20
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

let tallyman: LabTallyman
beforeAll(async () => {
  tallyman = await startTallyman({
    metrics: { projects: PROJECTS },
    quotas: [{ project: '**', limit: '1GB' }],
    alerts: {
      channels: Array.from({ length: CHANNELS }, (_, n) => ({
        ...{ name: `channel-${n}`, type: 'webhook', url: 'http://127.0.0.1:1/', secret: SECRET },
      })),
    },
  })
})
afterAll(() => tallyman?.close())

/** A push to a repository of a project; both are new to the index. */
const pushOf = (project: number, repository: number) => {
  const digest = digestOf(Buffer.from(`${project} ${repository}`))
  return {
    ...{ id: digest, timestamp: RECENTLY, action: 'push' },
    target: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      ...{ size: 500, repository: `team-${project}/app/r${repository}`, digest, tag: `t${repository}` },
      references: [
        {
          mediaType: 'application/vnd.oci.image.layer.v1.tar',
          size: 1_000 + project,
          digest: digestOf(Buffer.from(digest)),
        },
      ],
    },
    request: { method: 'PUT', useragent: `agent/${project}` },
    actor: { name: `person-${project}` },
  }
}

/** Adds projects, each with some repositories. Gives the number of Tallyman's series once the metrics count them all. */
async function seriesWith(projects: readonly number[], repositories: number, total: number): Promise<number> {
  const events = projects.flatMap((project) =>
    Array.from({ length: repositories }, (_, repository) => pushOf(project, repository)),
  )
  for (let n = 0; n < events.length; n += 200)
    expect(await tallyman.deliver({ events: events.slice(n, n + 200) })).toBe(202)
  const lines = await eventually(
    async () => (await tallyman.app.inject('/metrics')).body.split('\n'),
    (found) => found.includes(`tallyman_projects{registry="ci",flag="ok"} ${total}`),
  )
  return lines.filter((line) => line.startsWith('tallyman_')).length
}

const from = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n)

test('more projects, repositories, tags and people make no more series', async () => {
  const few = await seriesWith(from(0, PROJECTS + 10), 1, PROJECTS + 10)
  const many = await seriesWith(from(PROJECTS + 10, 400), 3, PROJECTS + 410)
  expect(many).toBe(few)
})

test('a project has nine series at most, and a channel seven', async () => {
  const { body } = await tallyman.app.inject('/metrics')
  const count = (pattern: RegExp) => body.split('\n').filter((line) => pattern.test(line)).length
  const ofProjects = count(/^tallyman_project_\w+\{registry="ci",project="/)
  expect(ofProjects / (PROJECTS + 1)).toBeLessThanOrEqual(9.5)
  expect(count(/^tallyman_\w+\{channel="channel-3"/)).toBe(7)
})
