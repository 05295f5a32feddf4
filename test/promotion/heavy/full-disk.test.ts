import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeImage } from '../../../lab/image.ts'
import { missingAt } from '../../../lab/missing-at.ts'
import { pushImage } from '../../../lab/push-image.ts'
import { eventually } from '../../../lab/tallyman.ts'
import { digestAt, startTrials, type Trials } from '../trials-bed.ts'

/** A target whose disk is full, on a file system of its own. */
const mayMount = process.platform === 'linux' && process.getuid?.() === 0
if (!mayMount) process.stderr.write('only root may mount a small disk: this test is skipped\n')

describe.runIf(mayMount)('a target whose disk is full', () => {
  let trials: Trials
  let storage: string

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tallyman-full-'))
    storage = join(folder, 'storage')
    await mkdir(storage)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', storage])
    trials = await startTrials({
      production: { folder },
      rules: [
        {
          name: 'releases',
          from: { registry: 'ci', repository: 'team/**', tag: 'v*' },
          to: { registry: 'production', repository: 'released/{repository}' },
          settle: '100ms',
        },
      ],
    })
  })
  afterAll(async () => {
    if (storage) execFileSync('umount', ['-l', storage])
    await trials?.close()
  })

  test('shows no tag; once there is room, only the rest is sent', async () => {
    const { ci, production } = trials
    const image = makeImage({ layers: [1, 2, 3].map((n) => ({ seed: `layer ${n}`, bytes: 1_500_000 + n })) })
    await pushImage(ci.client, 'team/full', 'v1', image)
    await trials.heard()
    await eventually(
      () => trials.promotions('team/full/'),
      (all) => all.some(({ attempts, why }) => attempts > 0 || why?.startsWith('production')),
    )
    expect(await digestAt(production.client, 'released/team/full', 'v1')).toBeUndefined()
    // 2.8 cannot cancel an upload that ran out of space (docs/registries.md, Registry API).
    const left = trials.openUploads('released/team/full/')
    const missing = await missingAt(production.client, 'released/team/full', image)
    const arrived = [...image.blobs.keys()].filter((digest) => !missing.includes(digest))
    expect(arrived.length).toBeGreaterThan(0)

    execFileSync('mount', ['-o', 'remount,size=40m', storage])
    production.faults.requests.length = 0
    const [promotion] = await trials.hastened('team/full/')
    expect(promotion).toMatchObject({ state: 'done' })
    expect(await digestAt(production.client, 'released/team/full', 'v1')).toBe(image.root.digest)
    expect(await missingAt(production.client, 'released/team/full', image)).toEqual([])
    const sent = production.faults.requests.flatMap((line) => /[?&]digest=([^&]*)/.exec(line)?.[1] ?? [])
    expect(sent.map(decodeURIComponent).filter((digest) => arrived.includes(digest))).toEqual([])
    expect(trials.openUploads('released/team/full/')).toEqual(left)
  })
})
