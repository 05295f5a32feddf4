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
    ({ status }) => status === 0,
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
    1,
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
      ...{ what: 'the target has no such tag', mending: false },
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
  expect((await differences('--mend')).found.map(({ mending }) => mending)).toEqual([true, true, true])
  await mended()
  expect(await bed.target.referrers(REPOSITORY, index.root.digest)).toMatchObject([
    { digest: referrer.root.digest },
  ])
})

test('a tag that names another image at the target is found, and not moved by a rule that moves none', async () => {
  const other = image('other')
  await pushImage(bed.target, REPOSITORY, 'v1', other)
  const { status, found } = await differences('--mend')
  expect([status, found]).toMatchObject([
    1,
    [
      {
        ...{ kind: 'moved', image: 'ci/pushed/app:v1', mending: false },
        what: `the tag names ${one.root.digest}, and that of the target ${other.root.digest}`,
      },
    ],
  ])
  expect((await run('--mend')).err).toMatch(
    /not mended: 1\. A rule with overwrite: never moves no tag, and .*\n$/,
  )
})

test('what was rolled back stays away, also if there was no tag before it', async () => {
  const bad = image('bad')
  await pushImage(bed.source, 'pushed/app', 'v3', bad)
  const { promotions } = await eventually(
    () => bed.tallyman.get<{ promotions: PromotionReceipt[] }>('/v1/promotions'),
    ({ promotions }) => promotions[0]?.digest === bad.root.digest,
  )
  // The receipt is written before the job is done.
  await bed.tallyman.untilDone('promotion')
  const rollback = await tallyman(
    { TALLYMAN_TOKEN: ADMIN_TOKEN },
    ...['promotion', 'rollback', promotions[0]?.id ?? '', '--url', bed.url],
  )
  expect(rollback.status).toBe(0)
  const found = async () =>
    (await differences('--mend')).found.filter((one) => one.image === 'ci/pushed/app:v3')
  const line = {
    ...{ kind: 'absent', mending: false },
    what: expect.stringMatching(/^the target has no such tag: it was rolled back at 20.*Z$/),
  }
  expect(await found()).toMatchObject([line])
  // A tag that names another image by now is not moved back, either.
  await pushImage(bed.target, REPOSITORY, 'v3', one)
  expect(await found()).toMatchObject([
    { kind: 'moved', mending: false, what: expect.stringContaining(': it was rolled back at ') },
  ])
})

test('a registry that does not answer ends the list with the reason', async () => {
  await bed.production.process.stop()
  const { status, out, err } = await run()
  expect([status, out]).toEqual([1, ''])
  expect(err).toMatch(/^the list ends early: production: HEAD manifest .*\n$/)
})
