import { expect, test } from 'vitest'
import { makeSignature, signatureTag } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { image, multiPlatform, taggedAs, useExpiry } from './expire-bed.ts'

const bed = useExpiry()

const rule = (rulePriority: number, selection: object) => ({
  ...{ rulePriority, selection, action: { type: 'expire' } },
})
const days = (countNumber: number) => ({ countType: 'sinceImagePushed', countUnit: 'days', countNumber })
const document = {
  rules: [
    rule(1, { tagStatus: 'tagged', tagPatternList: ['v*'], countType: 'imageCountMoreThan', countNumber: 9 }),
    rule(2, { tagStatus: 'tagged', tagPatternList: ['pr-*'], ...days(14) }),
    rule(3, { tagStatus: 'untagged', ...days(7) }),
  ],
}

test('a run by an ECR policy deletes old branches and what moved tags left behind, and nothing else', async () => {
  const { run, push, index } = bed.setUp({ document: { dialect: 'ecr', document } })
  const { repository, project, client } = bed
  const [moved, branch, release] = [multiPlatform('moved'), image('branch'), multiPlatform('release')]
  const signatures = [moved, release].map(({ root }) => makeSignature(root.digest))
  await push('nightly', moved, repository)
  await push('pr-1', branch, repository)
  await push('v1', release, repository)
  for (const [i, { root }] of [moved, release].entries())
    await push(signatureTag(root.digest), signatures[i] as (typeof signatures)[number], repository)
  await pushImage(client, repository, 'nightly', release)
  await index.apply(project, [taggedAs('nightly', release, repository)])
  bed.registry.reset()

  const record = await run('branches', false)
  const gone = [moved, branch, signatures[0]].flatMap((one) => [...(one?.manifests.keys() ?? [])])
  const stays = [release, signatures[1]].flatMap((one) => [...(one?.manifests.keys() ?? [])])
  expect(record.deletes.map(({ digest }) => digest).sort()).toEqual(gone.toSorted())
  expect(record.deletes.map(({ outcome }) => outcome)).toEqual(gone.map(() => 'deleted'))
  expect(record.kept).toBe(stays.length)
  expect(record.deletes.find(({ digest }) => digest === moved.root.digest)).toMatchObject({
    ...{ tags: [], rule: 'ecr', reason: 'ecr: rule 3 expires it: it was pushed over 7 days ago' },
  })
  const order = bed.deletes
  for (const part of gone.filter((one) => one !== branch.root.digest && one !== moved.root.digest))
    expect(order.indexOf(part)).toBeGreaterThan(order.indexOf(moved.root.digest))
  for (const digest of gone) expect(await client.headManifest(repository, digest)).toBeUndefined()
  for (const digest of stays) expect(await client.headManifest(repository, digest)).toBeDefined()
  expect((await client.headManifest(repository, 'nightly'))?.digest).toBe(release.root.digest)
})

test('a document that was changed since ends the deletes of a run', async () => {
  let changed = {}
  const { run, push } = bed.setUp({
    document: { dialect: 'ecr', document },
    changed: () => changed,
  })
  const { repository, registry } = bed
  for (const name of ['one', 'two']) await push(`pr-${name}`, image(name), repository)
  registry.onRequest(async ({ method }) => {
    if (method === 'DELETE') changed = { document: { rules: document.rules.slice(0, 1) } }
    return undefined
  })
  const record = await run('branches', false)
  expect(record).toMatchObject({ state: 'stopped', deletes: [{ outcome: 'deleted' }] })
})
