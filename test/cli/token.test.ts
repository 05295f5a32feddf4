import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { eventually } from '../../lab/tallyman.ts'
import { type ServiceBed, startServiceBed } from './service-bed.ts'

/** A team works with a token of its own, against a real service and real registries. */
let bed: ServiceBed
let production: LabRegistry
let secret: string
const old = makeImage({ layers: [{ seed: 'old', bytes: 1_000 }], label: 'old' })

beforeAll(async () => {
  production = await startRegistry()
  bed = await startServiceBed({
    registries: { production: { url: production.url } },
    promotion: {
      rules: [
        {
          ...{ name: 'all', when: 'request', from: { registry: 'ci', repository: '**', tag: '*' } },
          ...{ to: { registry: 'production' }, settle: '100ms' },
        },
      ],
    },
    expiry: {
      policies: [
        {
          ...{ name: 'branches', match: { registry: 'ci' }, mode: 'apply' },
          rules: [{ tag: 'pr-*', olderThan: '1ms', expire: true }],
        },
      ],
    },
  })
  for (const team of ['team-a', 'team-b'])
    for (const tag of ['pr-1', 'main']) {
      const image = tag === 'main' ? makeImage({ layers: [{ seed: team, bytes: 500 }], label: team }) : old
      await pushImage(bed.client, `${team}/app`, tag, image)
    }
  await eventually(
    () => bed.service.get<{ projects: { tags: number; unresolved: number }[] }>('/v1/projects'),
    ({ projects }) => projects.filter(({ tags, unresolved }) => tags === 2 && unresolved === 0).length === 2,
  )
  await bed.service.reconcile('ci')
})
afterAll(async () => {
  await bed?.close()
  await production?.close()
})

const create = (...more: string[]) =>
  bed.run('token', 'create', 'team-a', '--project', 'ci/team-a/**', ...more)

test('a token is made, and its secret is shown once', async () => {
  expect(await create()).toMatchObject({ status: 2 })
  expect(await create('--verb', 'expire', '--for', 'soon')).toMatchObject({ status: 2 })
  expect(await create('--verb', 'write')).toMatchObject({
    ...{ status: 2, err: expect.stringContaining('Allowed choices are read, promote, expire, admin.') },
  })
  const made = await create('--verb', 'expire', 'promote', '--for', '90d', '--why', 'ours')
  expect(made.status).toBe(0)
  const [, found = ''] = /^secret +(tlm_[A-Za-z0-9]{40})$/m.exec(made.out) ?? []
  secret = found
  expect(made.err).toBe('the secret is not shown again: put it where TALLYMAN_TOKEN is read from\n')
  const { out } = await bed.run('token', 'list')
  expect(out).toMatch(/^NAME +VERBS +PROJECTS .*\nteam-a +expire, promote +ci\/team-a\/\*\* .* ours\n$/)
  expect(out).not.toContain(secret)
  expect((await create('--verb', 'read')).err).toContain('409 there is a token "team-a"')
  expect((await bed.runWith(secret, 'whoami')).out).toMatch(
    /^who +token team-a\nverbs +expire, promote\nprojects +ci\/team-a\/\*\*\nexpires +\S+Z\n/,
  )
})

test('it sees what is of the team', async () => {
  const usage = await bed.runWith(secret, 'usage')
  expect(usage).toMatchObject({
    status: 0,
    err: 'these are the projects that the token is for: ci/team-a/**\n',
  })
  expect(usage.out).toContain('ci/team-a/app')
  expect(usage.out).not.toContain('team-b')
  const plan = await bed.runWith(secret, 'expiry', 'plan', 'branches')
  expect(plan.out).toMatch(/delete +team-a\/app +pr-1 /)
  expect(plan.out + plan.err).not.toContain('team-b')
  expect((await bed.runWith(secret, 'usage', 'ci/team-b/app')).err).toContain(
    '404 there is no project "ci/team-b/app": an id is registry/path; the token team-a has expire, promote over ci/team-a/**',
  )
  expect((await bed.runWith(secret, 'registries')).err).toContain('403 this needs read over all projects')
})

test('a run that it asks for deletes in its projects only', async () => {
  const run = await bed.runWith(secret, 'expire', 'branches', '--apply', '--accept-share')
  expect(run).toMatchObject({ status: 0, out: expect.stringMatching(/deleted 1 image/) })
  expect(run.out + run.err).not.toContain('team-b')
  expect(await bed.client.headManifest('team-a/app', 'pr-1')).toBeUndefined()
  expect(await bed.client.headManifest('team-b/app', 'pr-1')).toBeDefined()
  expect((await bed.runWith(secret, 'runs')).out).toMatch(/ branches +run +done /)
  expect(await bed.runWith(secret, 'trash', 'restore', 'ci/team-a/app:pr-1')).toMatchObject({ status: 0 })
  expect(await bed.client.headManifest('team-a/app', 'pr-1')).toBeDefined()
})

test('it promotes images of the team, by a rule only', async () => {
  const promote = (image: string, ...more: string[]) =>
    bed.runWith(secret, 'promote', image, '--to', 'production', ...more)
  expect(await promote('ci/team-a/app:main')).toMatchObject({ status: 0 })
  expect((await promote('ci/team-a/app:main', '--as', 'team-b/app:v1')).err).toContain(
    '403 `as` and `overwrite` need a token with admin over all projects',
  )
  expect((await promote('ci/team-b/app:main')).err).toContain('404 there is no image ci/team-b/app:main')
  const { promotions } = JSON.parse((await bed.runWith(secret, 'promotion', 'list', '--output', 'json')).out)
  expect(promotions).toMatchObject([{ by: expect.stringMatching(/^token team-a from /) }])
})

test('once it is revoked, nothing works with it', async () => {
  expect(await bed.run('token', 'revoke', 'team-a', '--yes')).toMatchObject({
    status: 0,
    out: 'revoked: team-a\n',
  })
  expect((await bed.runWith(secret, 'usage')).err).toContain('401 there is no such token')
  expect((await bed.run('token', 'list')).err).toBe('there is no named token\n')
  const { out } = await bed.run('audit')
  expect(out).toMatch(/ token\.revoked +token team-a *\n/)
  expect(out).toMatch(
    / token\.created +token team-a +expire and promote, in ci\/team-a\/\*\*, until \S+Z, ours\n/,
  )
  expect((await bed.run('token', 'revoke', 'team-a', '--yes')).err).toContain(
    '404 there is no token "team-a"',
  )
})
