import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeReferrer, makeSignature, signatureTag } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { ADMIN_TOKEN, eventually } from '../../lab/tallyman.ts'
import type { AuditTotal, Difference } from '../../src/promotion/audit-lines.ts'
import type { PromotionReceipt } from '../../src/promotion/receipt.ts'
import { tallyman } from '../cli/cli-bed.ts'
import { image, multiPlatform } from '../expiry/expire-bed.ts'
import { type Bed, startBed } from './requests-bed.ts'

/** Both ends of promotions between two real registries are compared. */
let bed: Bed
const one = image('one')
const index = multiPlatform('index')
const [child = ''] = [...index.manifests.keys()]
const REPOSITORY = 'released/app'

beforeAll(async () => {
  bed = await startBed()
  await pushImage(bed.source, 'pushed/app', 'v1', one)
  await pushImage(bed.source, 'pushed/app', 'v2', index)
  // A rule that acts on request may leave it where it is.
  await pushImage(bed.source, 'old/app', 'v1', one)
  await bed.ci.untilDelivered()
  await arrived()
})
afterAll(() => bed?.close())

const arrived = () =>
  eventually(
    () => Promise.all(['v1', 'v2'].map((tag) => bed.target.headManifest(REPOSITORY, tag))),
    ([first, second]) => first !== undefined && second !== undefined,
  )
const run = (...argv: string[]) =>
  tallyman({ TALLYMAN_TOKEN: ADMIN_TOKEN }, 'promotion', 'audit', ...argv, '--url', bed.url)
async function differences(
  ...argv: string[]
): Promise<{ status: number; found: Difference[]; total: AuditTotal }> {
  const { status, out } = await run(...argv, '--output', 'json')
  const { differences: found, total } = JSON.parse(out)
  return { status, found, total }
}
/** Resolves once nothing differs. */
const mended = () =>
  eventually(
    () => run(),
    ({ status, out }) => status === 0 && out === '',
  )

test('nothing differs between an image and its copy', async () => {
  expect(await differences()).toEqual({
    ...{ status: 0, found: [] },
    total: { rules: ['releases', 'gated', 'one', 'two', 'moves', 'pushes'], images: 3, differing: 0 },
  })
  expect(await run('--rule', 'pushes')).toEqual({
    status: 0,
    out: '',
    err: 'rules 1, images 2, differing 0\n',
  })
  const none = await run('--rule', 'none')
  expect([none.status, none.err]).toEqual([
    6,
    expect.stringContaining('404 no rule "none"; configured: releases'),
  ])
})

test('a tag that the target has lost is found and mended, though it was promoted before', async () => {
  await bed.target.deleteManifest(REPOSITORY, one.root.digest)
  const { status, found, total } = await differences()
  expect([status, total.differing]).toEqual([1, 1])
  expect(found).toEqual([
    {
      ...{ rule: 'pushes', image: 'ci/pushed/app:v1', target: `production/${REPOSITORY}:v1`, kind: 'absent' },
      ...{ what: 'the target has no such tag', mending: 'possible' },
    },
  ])
  expect((await run('--mend')).status).toBe(0)
  await mended()
  expect((await bed.target.headManifest(REPOSITORY, 'v1'))?.digest).toBe(one.root.digest)
})

test('signatures and other referrers that the target lacks are found and mended', async () => {
  const referrer = makeReferrer(index.root, 'an SBOM')
  const signature = makeSignature(child)
  const ofReferrer = makeSignature(referrer.root.digest)
  await pushImage(bed.source, 'pushed/app', referrer.root.digest, referrer)
  await bed.source.addReferrers('pushed/app', index.root.digest, [referrer.root])
  await pushImage(bed.source, 'pushed/app', signatureTag(child), signature)
  await pushImage(bed.source, 'pushed/app', signatureTag(referrer.root.digest), ofReferrer)
  const { status, found, total } = await differences()
  expect([status, total.differing]).toEqual([1, 1])
  expect(found.map(({ kind, image, what }) => [kind, image, what]).toSorted()).toEqual(
    [
      ['referrer', `${referrer.root.digest}, which refers to ${index.root.digest}, is not at the target`],
      ['tag', `what the tag ${signatureTag(child)} names, ${signature.root.digest}, is not at the target`],
      [
        'tag',
        `what the tag ${signatureTag(referrer.root.digest)} names, ${ofReferrer.root.digest}, is not at the target`,
      ],
    ]
      .map(([kind, what]) => [kind, 'ci/pushed/app:v2', what])
      .toSorted(),
  )
  expect((await differences('--mend')).found.map(({ mending }) => mending)).toEqual(Array(3).fill('underWay'))
  await mended()
  expect(await bed.target.referrers(REPOSITORY, index.root.digest)).toMatchObject([
    { digest: referrer.root.digest },
  ])
})

test('what was rolled back is told, and is not brought back', async () => {
  const next = image('next')
  await pushImage(bed.source, 'pushed/rolled-back', 'v1', next)
  await bed.ci.untilDelivered()
  const id = await eventually(
    async () => {
      const { promotions }: { promotions: PromotionReceipt[] } = (await bed.get('/v1/promotions')).body
      return promotions.find(({ to }) => to.repository === 'released/rolled-back')?.id
    },
    (found) => found !== undefined,
  )
  expect((await bed.post(`/v1/promotions/${id}/rollback`, {})).status).toBe(200)
  expect(await differences('--mend')).toMatchObject({
    status: 1,
    found: [{ kind: 'absent', mending: 'impossible', why: 'it was rolled back' }],
  })
  await bed.source.deleteManifest('pushed/rolled-back', next.root.digest)
  await bed.ci.untilDelivered()
})

test('a signature at the target that the source lacks is kept, so the one of the source cannot be mended', async () => {
  const tag = signatureTag(one.root.digest)
  await pushImage(bed.source, 'pushed/app', tag, makeSignature(one.root.digest))
  await pushImage(bed.target, REPOSITORY, tag, makeSignature(child))
  expect(await differences('--mend')).toMatchObject({
    status: 1,
    found: [{ kind: 'tag', mending: 'impossible', why: expect.stringContaining('which is kept') }],
  })
  for (const [client, repository] of [
    [bed.source, 'pushed/app'] as const,
    [bed.target, REPOSITORY] as const,
  ]) {
    const found = await client.headManifest(repository, tag)
    await client.deleteManifest(repository, found?.digest ?? '')
  }
})

test('a tag that names another image at the target is found, and not moved by a rule that moves none', async () => {
  const other = image('other')
  await pushImage(bed.target, REPOSITORY, 'v1', other)
  await bed.target.deleteManifest(REPOSITORY, index.root.digest)
  const { status, found } = await differences()
  expect([status, found.toSorted((a, b) => a.image.localeCompare(b.image))]).toMatchObject([
    1,
    [
      {
        ...{ kind: 'moved', image: 'ci/pushed/app:v1', mending: 'impossible' },
        what: `the tag names ${one.root.digest}, and that of the target ${other.root.digest}`,
        why: `the tag at the target names ${other.root.digest}, and overwrite is never`,
      },
      { kind: 'absent', image: 'ci/pushed/app:v2', mending: 'possible' },
    ],
  ])
  const { out, err } = await run()
  expect(out).toMatch(/^moved +cannot .*; it cannot be mended: the tag at the target .* overwrite is never$/m)
  expect(out).toMatch(/^absent +--mend .* the target has no such tag$/m)
  expect(err).toContain('not mended: --mend can mend 1; nothing can mend 1: the column WHAT says why\n')
  const mending = await run('--mend')
  expect(mending.out).toMatch(/^absent +under way /m)
  expect(mending.err).toContain('not mended: nothing can mend 1: the column WHAT says why\n')
  await eventually(
    () => bed.target.headManifest(REPOSITORY, 'v2'),
    (found) => found?.digest === index.root.digest,
  )
})

test('a registry that does not answer ends the list with the reason', async () => {
  await bed.production.process.stop()
  const { status, out, err } = await run()
  expect([status, out]).toEqual([1, ''])
  expect(err).toMatch(/^the list ends early: production: HEAD manifest .*\n$/)
})
