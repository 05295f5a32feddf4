import { expect, test } from 'vitest'
import { shareRuns } from '../../src/platform/share-runs.ts'

function makeBed() {
  const runs: { key: string; end: (value: number) => void; fail: (error: Error) => void }[] = []
  const ask = shareRuns<number>(
    (key) => new Promise((resolve, reject) => runs.push({ key, end: resolve, fail: reject })),
  )
  return { ask, runs }
}

test('those who ask during a run share the next one, and other keys do not wait', async () => {
  const { ask, runs } = makeBed()
  const first = ask('a')
  const second = [ask('a'), ask('a'), ask('a')]
  ask('b')
  expect(runs.map(({ key }) => key)).toEqual(['a', 'b'])
  runs[0]?.end(1)
  expect(await first).toBe(1)
  await expect.poll(() => runs.length).toBe(3)
  const third = ask('a')
  runs[2]?.end(2)
  expect(await Promise.all(second)).toEqual([2, 2, 2])
  await expect.poll(() => runs.length).toBe(4)
  runs[3]?.end(3)
  expect(await third).toBe(3)
  void ask('a')
  expect(runs).toHaveLength(5)
})

test('a run that fails fails for its callers only', async () => {
  const { ask, runs } = makeBed()
  const first = ask('a')
  const second = ask('a')
  runs[0]?.fail(new Error('down'))
  await expect(first).rejects.toThrow('down')
  await expect.poll(() => runs.length).toBe(2)
  runs[1]?.end(7)
  expect(await second).toBe(7)
})
