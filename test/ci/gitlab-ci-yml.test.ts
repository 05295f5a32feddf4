import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { pushImage } from '../../lab/push-image.ts'
import { image } from '../expiry/expire-bed.ts'
import { startBed } from '../promotion/requests-bed.ts'

/** The `.gitlab-ci.yml` of docs/gitlab.md, CI jobs, run by sh as GitLab's runner does, with a service that answers by its protocol. */
interface CiFile {
  '.tallyman': { before_script: string[]; id_tokens: object }
  usage: { script: string[]; extends: string }
  promote: { script: string[]; extends: string }
}

const hasTools = (() => {
  try {
    return execFileSync('sh', ['-c', 'command -v curl && command -v jq']).length > 0
  } catch {
    return false
  }
})()

let folder: string
const closers: (() => void)[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-gitlab-ci-'))
})
afterEach(async () => {
  for (const close of closers.splice(0)) close()
  await rm(folder, { recursive: true })
})

async function ciFile(): Promise<CiFile> {
  const markdown = await readFile(join(import.meta.dirname, '../../docs/gitlab.md'), 'utf8')
  const blocks = [...markdown.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, block = '']) => block)
  return parse(blocks.find((block) => block.startsWith('stages:')) ?? '')
}

/** Serves what `answer` gives, and notes method, URL and body of each request. */
async function serve(answer: (request: string) => unknown) {
  const asked: string[] = []
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const line = `${request.method} ${request.url} ${await text(request)}`.trim()
    asked.push(`${line} ${request.headers.authorization}`)
    const body = answer(line)
    response.writeHead(body === undefined ? 403 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body ?? { detail: 'refused' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

async function run(
  job: 'usage' | 'promote',
  url: string,
  token = 'the-token',
): Promise<{ status: number; out: string }> {
  const file = await ciFile()
  const lines = [...file['.tallyman'].before_script, ...file[job].script]
  const script = ['set -e', 'sleep() { :; }', ...lines.filter((line) => !line.startsWith('apk '))].join('\n')
  const env = {
    ...{ PATH: process.env.PATH, TALLYMAN_URL: url, TALLYMAN_TOKEN: token, CI_COMMIT_TAG: 'v1.0' },
    CI_REGISTRY_IMAGE: 'registry.gitlab.example.com:5050/team-a/app',
  }
  return new Promise((resolve) => {
    execFile('sh', ['-c', script], { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), out: stdout + stderr }),
    )
  })
}

test.skipIf(!hasTools)(
  'the job `usage` shows usage and plan, and fails if the project is over its quota',
  async () => {
    let flag = 'ok'
    const decision = { repository: 'team-a/app', digest: 'sha256:a', reason: 'too old' }
    const { url, asked } = await serve((request) =>
      request === 'GET /v1/projects/ci/team-a/app'
        ? { uniqueBytes: 500, limitBytes: null, flag }
        : { plans: [{ decisions: [decision] }] },
    )
    expect(await run('usage', url)).toEqual({
      status: 0,
      out: '500 bytes of any number: ok\nexpires: team-a/app@sha256:a: too old\n',
    })
    expect(asked.map(decodeURIComponent)).toEqual([
      'GET /v1/projects/ci/team-a/app Bearer the-token',
      'GET /v1/expiry/plan?project=ci/team-a/app&verdict=delete Bearer the-token',
    ])
    flag = 'over'
    expect((await run('usage', url)).status).toBe(1)
  },
)

test.skipIf(!hasTools)(
  'the job `promote` follows the promotion until it is done, or fails with its reason',
  async () => {
    const states = ['queued', 'waiting', 'active', 'promoted', 'dropped']
    const { url, asked } = await serve((request) => {
      if (request.startsWith('POST')) return { job: { queue: 'promotion', id: 'a:b' } }
      return {
        state: states.shift() ?? 'failed',
        why: 'no signature',
        receipt: { digest: 'sha256:a' },
      }
    })
    expect(await run('promote', url)).toMatchObject({ status: 0, out: expect.stringContaining('sha256:a') })
    expect(
      JSON.parse(asked[0]?.slice('POST /v1/promotions '.length, -' Bearer the-token'.length) ?? ''),
    ).toEqual({
      ...{ image: 'ci/team-a/app:v1.0', to: 'production' },
    })
    expect(asked.slice(1)).toEqual(Array(4).fill('GET /v1/promotions/a%3Ab Bearer the-token'))
    expect(await run('promote', url)).toEqual({ status: 1, out: 'dropped: no signature\n' })
    expect(await run('promote', url)).toEqual({ status: 1, out: 'failed: no signature\n' })
  },
)

test.skipIf(!hasTools)(
  'the job `promote` promotes an image between real registries, by the real service',
  async () => {
    const bed = await startBed()
    try {
      const { source, target, url, token } = bed
      await pushImage(source, 'team-a/app', 'v1.0', image('release'))
      const { status, out } = await run('promote', url, await token())
      expect([status, out]).toEqual([0, expect.stringContaining('"kind": "promotion"')])
      const found = await target.headManifest('released/app', 'v1.0')
      expect(found?.digest).toBe(image('release').root.digest)
      const other = await run('promote', url, await token({ project_path: 'team-b/app', project_id: '23' }))
      expect(other.status).not.toBe(0)
      expect(other.out).toContain('there is no image ci/team-a/app:v1.0')
      expect(other.out).toContain('over ci/team-b/app/**')
    } finally {
      await bed.close()
    }
  },
)

test.skipIf(!hasTools)('both jobs fail, and say why, if the service refuses', async () => {
  const { url } = await serve(() => undefined)
  for (const job of ['usage', 'promote'] as const) {
    const { status, out } = await run(job, url)
    expect(status).not.toBe(0)
    expect(out).toContain('403')
    expect(out).toContain('refused')
  }
})

test('every job has the token', async () => {
  const file = await ciFile()
  expect([file.usage.extends, file.promote.extends]).toEqual(['.tallyman', '.tallyman'])
  expect(file['.tallyman'].id_tokens).toEqual({ TALLYMAN_TOKEN: { aud: 'https://tallyman.example.com' } })
})
