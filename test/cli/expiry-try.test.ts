import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tallyman } from './cli-bed.ts'

let folder: string
const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const images = [
  { repository: 'team/app', digest: digest('a'), tags: ['v1'], pushedAt: '2026-11-01T00:00:00Z' },
  { repository: 'team/app', digest: digest('b'), tags: ['v2'], pushedAt: '2026-11-02T00:00:00Z' },
]
const rule = {
  rulePriority: 1,
  selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 1 },
  action: { type: 'expire' },
}
const write = async (name: string, text: string) => {
  const file = join(folder, name)
  await writeFile(file, text)
  return file
}
const attempt = async (policy: string, ...options: string[]) =>
  tallyman({}, 'expiry', 'try', policy, '--images', join(folder, 'images.json'), ...options)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-try-'))
  await write('images.json', JSON.stringify({ images }))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test.each([
  ['JSON', JSON.stringify({ rules: [rule] })],
  ['JSON with tabs', JSON.stringify({ rules: [rule] }, null, '\t')],
  [
    'YAML',
    'rules:\n- rulePriority: 1\n  selection: {tagStatus: any, countType: imageCountMoreThan, countNumber: 1}\n  action: {type: expire}\n',
  ],
])('a policy in %s is tried without a service or a configuration', async (name, text) => {
  const policy = await write(`policy ${name}`, text)
  const { status, out, err } = await attempt(policy, '--dialect', 'ecr', '--output', 'json')
  expect({ status, err }).toEqual({ status: 0, err: 'expire 1, keep 1\n' })
  const [expired, kept] = images.map((image) => `team/app@${image.digest}`)
  expect(JSON.parse(out)).toEqual({
    ...{ unit: 'digest', kept: [kept], expired: [expired], warnings: [] },
    reasons: { [`${expired}`]: expect.any(String), [`${kept}`]: expect.any(String) },
  })
  expect((await attempt(policy, '--dialect', 'ecr')).out).toMatch(
    /^VERDICT +IMAGE +TAGS +REASON\nexpire +team\/app@sha256:a+ +v1 .*\nkeep +team\/app@sha256:b+ +v2 .*\n$/,
  )
})

test('the time of the decision is --now', async () => {
  const policy = await write(
    'gitlab.json',
    JSON.stringify({ enabled: true, name_regex: '.*', older_than: '7d', keep_n: null }),
  )
  const expiredAt = async (now: string) =>
    JSON.parse((await attempt(policy, '--dialect', 'gitlab', '--now', now, '--output', 'json')).out).expired
  expect(await expiredAt('2026-11-08T12:00:00Z')).toEqual(['team/app:v1'])
  expect(await expiredAt('2026-11-09T12:00:00+01:00')).toEqual(['team/app:v1', 'team/app:v2'])
})

test('what is wrong is named: the field of a policy, a file, an image, a dialect, a time', async () => {
  const wrong = await write('wrong.json', JSON.stringify({ rules: [{ ...rule, rulePriority: 0 }] }))
  expect(await attempt(wrong, '--dialect', 'ecr')).toMatchObject({
    ...{ status: 1, out: '' },
    err: expect.stringMatching(/^.*wrong\.json: rules\[0\]\.rulePriority: /),
  })
  const broken = await write('broken.json', '{"rules": [')
  expect(await attempt(broken, '--dialect', 'ecr')).toMatchObject({
    ...{ status: 1, err: expect.stringContaining('broken.json: neither JSON nor YAML: ') },
  })
  expect(await attempt(join(folder, 'none.json'), '--dialect', 'ecr')).toMatchObject({
    ...{ status: 1, err: expect.stringContaining('none.json: cannot be read: ') },
  })
  const noImages = await write('no-images.json', JSON.stringify({ images: [{ repository: 'a' }] }))
  const policy = await write('right.json', JSON.stringify({ rules: [rule] }))
  expect(await tallyman({}, 'expiry', 'try', policy, '--dialect', 'ecr', '--images', noImages)).toMatchObject(
    {
      ...{ status: 1, err: expect.stringContaining('no-images.json: images[0].digest: it is missing') },
    },
  )
  expect(await attempt(policy, '--dialect', 'docker')).toMatchObject({
    ...{ status: 2, err: expect.stringContaining('ecr, gitlab, harbor, quay, zot') },
  })
  expect(await attempt(policy, '--dialect', 'ecr', '--now', 'tomorrow')).toMatchObject({ status: 2 })
})

test('without --dialect, the policy is one of the configuration, without its match if need be', async () => {
  const rules =
    'rules:\n  - { tag: "v*", keep: { newest: 1 } }\n  - { tag: "*", olderThan: 7d, expire: true }\n'
  const policy = await write('own.yaml', rules)
  const { status, out, err } = await attempt(policy, '--now', '2026-11-26T12:00:00Z', '--output', 'json')
  expect({ status, err }).toEqual({ status: 0, err: 'expire 1, keep 1\n' })
  expect(JSON.parse(out)).toEqual({
    ...{ unit: 'tag', kept: ['team/app:v2'], expired: ['team/app:v1'], warnings: [] },
    reasons: { 'team/app:v1': expect.stringContaining('25 days old'), 'team/app:v2': expect.any(String) },
  })
  const whole = await write('whole.yaml', `name: own\nmode: apply\nmatch: { registry: ci }\n${rules}`)
  expect((await attempt(whole, '--now', '2026-11-26T12:00:00Z')).out).toMatch(
    /^VERDICT +IMAGE +REASON\nexpire +team\/app:v1 /,
  )
})

test('a policy of the configuration can have the document of a dialect, and then keeps what a plan keeps', async () => {
  await write('ecr.json', JSON.stringify({ rules: [rule] }))
  const policy = await write('ecr.yaml', 'dialect: ecr\ndocumentFile: ecr.json\n')
  const { out } = await attempt(policy, '--output', 'json')
  expect(JSON.parse(out)).toMatchObject({ expired: ['team/app:v1'], kept: ['team/app:v2'] })
})

test('a policy of the configuration that is refused names each field', async () => {
  const policy = await write(
    'refused.yaml',
    'rules:\n  - { tag: "^v", expire: true }\n  - { tag: "*", olderThan: soon, expire: true }\nkeep: 3\n',
  )
  const { status, out, err } = await attempt(policy)
  expect([status, out]).toEqual([1, ''])
  for (const field of ['rules.0.tag', 'rules.1.olderThan', 'keep'])
    expect(err).toMatch(new RegExp(`^.*refused\\.yaml: ${field.replaceAll('.', '\\.')}: `, 'm'))
})
