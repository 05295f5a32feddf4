import { expect, test } from 'vitest'
import { atOnce, inPieces, type Pieces } from '../../src/platform/pieces.ts'

/** Counts to `steps`, each of which takes about a millisecond. */
function* count(steps: number, onStep: (n: number) => void = () => {}): Pieces<number> {
  for (let n = 0; n < steps; n++) {
    for (const until = performance.now() + 1; performance.now() < until; ) {}
    onStep(n)
    yield
  }
  return steps
}

test('work in pieces lets other work run in between, and gives its result', async () => {
  let done = 0
  const seen: number[] = []
  const other = setInterval(() => seen.push(done), 0)
  const result = await inPieces(
    count(50, (n) => {
      done = n
    }),
    5,
  )
  clearInterval(other)
  expect(result).toBe(50)
  // Without pauses no timer would run before the end.
  expect(seen.filter((n) => n < 49).length).toBeGreaterThan(0)
})

test('two pieces of work take turns', async () => {
  const order: string[] = []
  const named = (name: string) =>
    inPieces(
      count(30, () => order.push(name)),
      3,
    )
  await Promise.all([named('a'), named('b')])
  expect(order.lastIndexOf('a')).toBeGreaterThan(order.indexOf('b'))
  expect(order.lastIndexOf('b')).toBeGreaterThan(order.indexOf('a'))
})

test('an error of the work is thrown', async () => {
  // biome-ignore lint/correctness/useYield: it fails before it could pause
  function* fails(): Pieces<never> {
    throw new Error('no')
  }
  await expect(inPieces(fails())).rejects.toThrow('no')
  expect(() => atOnce(fails())).toThrow('no')
})

test('work at once is not paused', () => {
  expect(atOnce(count(3))).toBe(3)
})
