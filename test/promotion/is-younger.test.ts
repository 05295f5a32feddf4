import { expect, test } from 'vitest'
import { makeIsYounger } from '../../src/promotion/is-younger.ts'
import type { PromotionJob } from '../../src/queue/jobs.ts'
import { digestKey } from '../../src/usage/digest-key.ts'

const [OURS, OTHER] = ['a', 'b'].map((hex) => `sha256:${hex.repeat(64)}`) as [string, string]
const JOB: PromotionJob = {
  ...{ kind: 'copy', registry: 'ci', project: 'ci/team', repository: 'team/app', tag: 'v1' },
  ...{ digest: OURS, pushedAt: 50, by: 'push' },
  to: { registry: 'production', repository: 'app', tag: 'v1' },
}

test.each([
  ['a later push of it', { digest: OTHER, at: 60 }, true],
  ['an earlier push of it', { digest: OTHER, at: 40 }, false],
  ['a push at the same time', { digest: OTHER, at: 50 }, false],
  ['a push from the future', { digest: OTHER, at: 101 }, false],
  ['a later push of another image', { digest: OURS, at: 60 }, false],
  ['no push', undefined, false],
])('%s is younger: %s', async (_, tag, expected) => {
  const index = {
    tag: async () => tag && { digestKey: digestKey(tag.digest), at: tag.at },
  } as unknown as Parameters<typeof makeIsYounger>[0]['index']
  expect(await makeIsYounger({ index, now: () => 100 })(JOB, OTHER)).toBe(expected)
})
