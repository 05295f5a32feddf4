import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { projectSubject } from '../../src/queue/quota-subject.ts'
import { endAlertOf } from '../../src/quota/alert-of.ts'
import { NEVER } from '../../src/quota/evaluate.ts'
import { type FlagEntry, makeFlags } from '../../src/quota/flags.ts'
import { makeForgetFlags } from '../../src/quota/forget-flags.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()

test('of projects that are gone, flags that are ok and told are removed, and the others are looked at first', async () => {
  const on = { redis: bed.redis, prefix: 't' }
  const [flags, index] = [makeFlags(on), makeUsageIndex(on)]
  const ok = { ...NEVER, since: '2026-05-01T10:00:00.000Z', change: 2 }
  const over = { ...ok, flag: 'over' as const }
  const end = endAlertOf(projectSubject('ci/untold'), over, ok, new Date(0))
  const entries: Record<string, FlagEntry> = {
    'ci/here': { state: ok },
    'ci/ok': { state: ok },
    'ci/over': { state: over },
    'ci/untold': { state: ok, untold: end?.alert },
    'hub/ok': { state: ok },
  }
  for (const [id, entry] of Object.entries(entries))
    await flags.replace(projectSubject(id), { text: '' }, entry)
  await index.apply('ci/here', [
    {
      ...{ kind: 'push', repository: 'here', at: 1_795_449_746_518_381, digest: `sha256:${'a'.repeat(64)}` },
      ...{ size: 1, mediaType: '', references: [] },
    },
  ])
  const looked: string[] = []
  await makeForgetFlags({ index, flags, look: async (project) => looked.push(project) })('ci')
  expect([...(await flags.all('project')).keys()].sort()).toEqual([
    'ci/here',
    'ci/over',
    'ci/untold',
    'hub/ok',
  ])
  expect(looked.sort()).toEqual(['ci/over', 'ci/untold'])
})
