import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeRenameGate, RENAMES_PER_HOUR } from '../../src/events/rename-gate.ts'

const bed = useRedis()
const makeGate = () =>
  makeRenameGate({ redis: bed.redis, prefix: 't', registries: new Set(['gitlab', 'other']) })
const rename = (n: number) => ({ from: `a/b${n}`, to: `a/c${n}`, at: n })

test('a registry that is not configured to send renames has none followed', async () => {
  expect(await makeGate()('ci', rename(1))).toContain('registries.ci.renames')
  expect(await makeGate()('gitlab', rename(1))).toBeUndefined()
})

test('of a thousand renames in a row few are followed, whichever process is asked, and each answer stays', async () => {
  const ask = async (registry: string) => {
    const answers: (string | undefined)[] = []
    for (let n = 0; n < 1_000; n++) answers.push(await makeGate()(registry, rename(n)))
    return answers
  }
  const answers = await ask('gitlab')
  const followed = answers.filter((answer) => answer === undefined).length
  // The hour may have ended meanwhile.
  expect([RENAMES_PER_HOUR, 2 * RENAMES_PER_HOUR]).toContain(followed)
  expect(answers[999]).toContain('60 others')
  expect(await makeGate()('gitlab', rename(999))).toContain('60 others')
  expect(await makeGate()('other', rename(1))).toBeUndefined()
})
