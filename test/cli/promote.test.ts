import { afterAll, beforeAll, expect, test } from 'vitest'
import { pushImage } from '../../lab/push-image.ts'
import { ADMIN_TOKEN, eventually, READ_TOKEN } from '../../lab/tallyman.ts'
import { image, multiPlatform } from '../expiry/expire-bed.ts'
import { type Bed, startBed } from '../promotion/requests-bed.ts'
import { tallyman } from './cli-bed.ts'

/** The commands about promotions, against the real service and real registries. */
let bed: Bed
const release = image('release')
const index = multiPlatform('index')
beforeAll(async () => {
  bed = await startBed()
  await pushImage(bed.source, 'team-a/app', 'v1', release)
  await pushImage(bed.source, 'team-a/app', 'v2', index)
  await pushImage(bed.source, 'team-a/gated', 'v1', image('gated'))
  await bed.ci.untilDelivered()
  await bed.tallyman.untilDone('events')
})
afterAll(() => bed?.close())

const run = (...argv: string[]) =>
  tallyman({ TALLYMAN_TOKEN: ADMIN_TOKEN, USER: 'ann' }, ...argv, '--url', bed.url)
const idIn = (text: string) => /\b[jp][0-9a-f]{32}\b/.exec(text)?.[0] ?? ''

test('an image is promoted: the command follows it until it has arrived', async () => {
  const { status, out, err } = await run('promote', 'ci/team-a/app:v1', '--to', 'production')
  expect([status, out]).toEqual([
    0,
    expect.stringMatching(
      /^promoted ci\/team-a\/app:v1 to production\/released\/app:v1, [\d.]+ KiB sent \(promotion j[0-9a-f]{32}\)\n$/,
    ),
  ])
  expect(err).toMatch(/^job j[0-9a-f]{32} of queue promotion; it goes on if this command is stopped\n/)
  expect((await bed.target.headManifest('released/app', 'v1'))?.digest).toBe(release.root.digest)
  const list = await run('promotion', 'list')
  expect(list.out).toContain(idIn(out))
})

test('a promotion that fails, or is refused, ends with 1 and the reason', async () => {
  const other = ['promote', 'ci/team-a/app:v2', '--to', 'production', '--as', 'released/app:v1']
  const failed = await run(...other)
  expect([failed.status, failed.out]).toEqual([1, ''])
  expect(failed.err).toMatch(/failed: the tag at the target names sha256:\w{64}, and overwrite is never\n$/)
  const list = await run('promotion', 'list', '--state', 'failed')
  expect(list.out).toMatch(
    /^ID +ASKED +STATE +RULE +FROM +DIGEST +TO +WHY\nj\w+ +\S+ +failed +- +ci\/team-a\/app:v2 +sha256:\w{64} +production\/released\/app:v1 +the tag at the target names /,
  )
  // What has not arrived has no receipt, and is shown all the same.
  const shown = await run('promotion', 'show', /^j\w+/m.exec(list.out)?.[0] ?? '')
  expect([shown.status, shown.out]).toEqual([
    0,
    expect.stringMatching(
      /^id +j\w+\nstate +failed\nwhy +the tag at the target names .*\nfrom +ci\/team-a\/app:v2\nto +production\/released\/app:v1\ndigest /,
    ),
  ])
  expect(await run(...other, '--overwrite', 'always')).toMatchObject({ status: 0 })

  const refused = await run('promote', 'ci/team-a/app:v1', '--to', 'production', '--rule', 'none')
  expect([refused.status, refused.err]).toEqual([
    1,
    expect.stringContaining('409 the rule "none" does not copy'),
  ])
  const [child = ''] = [...index.manifests.keys()]
  const asChild = ['promote', `ci/team-a/app@${child}`, '--to', 'production', '--as', 'a/child:1']
  expect((await run(...asChild)).err).toContain(`is part of the index ${index.root.digest} (tagged v2)`)
  expect((await run(...asChild, '--child')).status).toBe(0)
})

test('a promotion that waits for people is listed, approved and goes on', async () => {
  const { status, out } = await run('promote', 'ci/team-a/gated:v1', '--to', 'production', '--no-wait')
  expect([status, out]).toEqual([
    0,
    expect.stringMatching(
      /^asked for: promotion j\w+ of ci\/team-a\/gated:v1 to production\/released\/gated:v1\n$/,
    ),
  ])
  const id = idIn(out)
  const waiting = await eventually(
    () => run('promotion', 'list', '--state', 'waiting'),
    (list) => list.out !== '',
  )
  expect(waiting.out).toContain(id)
  expect(waiting.out).toMatch(/ at a gate: approval by 2: approved by 0 of 2\n$/)
  expect((await run('promotion', 'approve', id)).out).toBe('approved by 1 of 2: ann\n')
  // Whoever asks for the same follows the same promotion.
  const following = run('promote', 'ci/team-a/gated:v1', '--to', 'production')
  expect((await run('promotion', 'approve', id, '--by', 'bob')).out).toBe('approved by 2 of 2: ann, bob\n')
  await bed.until(id, 'promoted')
  expect((await following).status).toBe(0)
  expect(await run('promotion', 'approve', id)).toMatchObject({
    ...{ status: 1, err: expect.stringContaining(`409 the promotion ${id} has ended`) },
  })
})

test('a promotion that the read token asks for, and wrong usage', async () => {
  const asked = ['promote', 'ci/team-a/app:v1', '--to', 'production', '--url', bed.url]
  expect(await tallyman({ TALLYMAN_TOKEN: READ_TOKEN }, ...asked)).toMatchObject({
    ...{ status: 5, err: expect.stringContaining('403 this needs promote: the read token has read') },
  })
  expect(await run('promote', 'ci/team-a/app:v1')).toMatchObject({ status: 2 })
  expect(await run('promote', '--to', 'production')).toMatchObject({ status: 2 })
  expect(await run('promote', 'app', '--to', 'production')).toMatchObject({ status: 2 })
})
