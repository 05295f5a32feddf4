import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { CoalescerFull, makeCoalescer } from '../../src/platform/coalesce.ts'

/** Until what an answer or an item sets off has happened: a write waits for turns that bring nothing more. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await nextTurn()
}

/** A write whose calls the test answers one by one, in order. */
function heldWrite() {
  const calls: string[][] = []
  const open: { resolve: () => void; reject: (error: Error) => void }[] = []
  const write = (items: string[]) => {
    calls.push(items)
    return new Promise<void>((resolve, reject) => void open.push({ resolve, reject }))
  }
  async function answer(error?: Error): Promise<void> {
    const call = open.shift()
    if (call === undefined) throw new Error('no write is open')
    if (error) call.reject(error)
    else call.resolve()
    await settle()
  }
  return { write, calls, answer, isOpen: () => open.length > 0 }
}

/** Writes of so many items, however many wait. */
const upTo = (items: number) => ({
  shareOf: () => 1 / items,
  maxWaiting: Number.POSITIVE_INFINITY,
  enough: items,
})

afterEach(() => {
  vi.useRealTimers()
})

/** What has become of a promise by now. */
function watch(promise: Promise<void>) {
  const seen: { state: 'waiting' | 'kept' | 'refused'; error?: unknown } = { state: 'waiting' }
  promise.then(
    () => void Object.assign(seen, { state: 'kept' }),
    (error) => void Object.assign(seen, { state: 'refused', error }),
  )
  return seen
}

test('a lone item is written at the end of the turn, and acknowledged only when it is', async () => {
  const { write, calls, answer } = heldWrite()
  const added = watch(makeCoalescer(write, upTo(10)).add('a'))
  await nextTurn()
  expect(calls).toEqual([['a']])
  await settle()
  expect(added.state).toBe('waiting')
  await answer()
  expect(added.state).toBe('kept')
})

test('what arrives in one turn goes out together, and so does what arrives during a write', async () => {
  const { write, calls, answer, isOpen } = heldWrite()
  const { add } = makeCoalescer(write, upTo(10))
  void add('x')
  void add('y')
  await settle()
  expect(calls).toEqual([['x', 'y']])
  await answer()
  calls.splice(0)
  const states = [watch(add('a'))]
  await settle()
  for (const item of ['b', 'c', 'd']) states.push(watch(add(item)))
  await settle()
  expect(calls).toEqual([['a']])
  await answer()
  expect(calls).toEqual([['a'], ['b', 'c', 'd']])
  expect(states.map(({ state }) => state)).toEqual(['kept', 'waiting', 'waiting', 'waiting'])
  await answer()
  expect(states.map(({ state }) => state)).toEqual(['kept', 'kept', 'kept', 'kept'])
  expect(isOpen()).toBe(false)
})

test('after a pause the next one is written at once again', async () => {
  const { write, calls, answer } = heldWrite()
  const { add } = makeCoalescer(write, upTo(10))
  void add('a')
  await settle()
  await answer()
  void add('b')
  await nextTurn()
  expect(calls).toEqual([['a'], ['b']])
})

test('after eight writes of one item each the next goes at once, until one of several has gone', async () => {
  const { write, calls, answer } = heldWrite()
  const { add } = makeCoalescer(write, upTo(10))
  for (const item of '12345678') {
    void add(item)
    await settle()
    await answer()
  }
  calls.splice(0)
  void add('a')
  expect(calls).toEqual([['a']])
  void add('b')
  void add('c')
  await answer()
  await answer()
  calls.splice(0)
  void add('d')
  expect(calls).toEqual([])
  await settle()
  expect(calls).toEqual([['d']])
})

test('after a write of several, one that comes waits a few turns for others', async () => {
  const { write, calls, answer } = heldWrite()
  const { add } = makeCoalescer(write, upTo(10))
  for (const item of 'abc') void add(item)
  await settle()
  await answer()
  void add('d')
  await nextTurn()
  await nextTurn()
  void add('e')
  await settle()
  expect(calls).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ])
})

test('with a time to gather, what comes after a write of several waits for more until it is over', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { write, calls, answer } = heldWrite()
  const { add } = makeCoalescer(write, { ...upTo(10), gatherMs: 25 })
  void add('a')
  await settle()
  expect(calls.splice(0)).toEqual([['a']])
  await answer()
  void add('b')
  void add('c')
  await settle()
  // The one before was alone.
  expect(calls.splice(0)).toEqual([['b', 'c']])
  await answer()
  void add('d')
  await settle()
  vi.advanceTimersByTime(24)
  void add('e')
  await settle()
  expect(calls).toEqual([])
  vi.advanceTimersByTime(1)
  await settle()
  expect(calls).toEqual([['d', 'e']])
})

test.each([
  { what: 'so many that it is enough', more: ['d', 'e', 'f'], enough: 3, most: 10 },
  { what: 'a full write', more: ['d', 'e', 'f'], enough: 100, most: 3 },
])('… but not when there is $what', async ({ more, enough, most }) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { write, calls, answer } = heldWrite()
  const { add } = makeCoalescer(write, { ...upTo(most), enough, gatherMs: 25 })
  for (const item of 'abc') void add(item)
  await settle()
  await answer()
  for (const item of more) {
    expect(calls.splice(1)).toEqual([])
    void add(item)
    await settle()
  }
  expect(calls.splice(1)).toEqual([more])
  expect(vi.getTimerCount()).toBe(0)
})

test('no write is larger than the bound', async () => {
  const { write, calls, answer, isOpen } = heldWrite()
  const { add } = makeCoalescer(write, upTo(3))
  for (const item of 'abcdefgh') void add(item)
  await settle()
  while (isOpen()) await answer()
  expect(calls.map((items) => items.join(''))).toEqual(['abc', 'def', 'gh'])
})

test('a write that fails refuses exactly its own items, and later ones still go', async () => {
  const { write, calls, answer } = heldWrite()
  const { add } = makeCoalescer(write, upTo(2))
  const states = [...'abcdef'].map((item) => watch(add(item)))
  await settle()
  await answer()
  const error = new Error('Redis is away')
  await answer(error)
  expect(states.map(({ state }) => state)).toEqual([
    ...['kept', 'kept', 'refused', 'refused', 'waiting', 'waiting'],
  ])
  expect(states[2]?.error).toBe(error)
  await answer()
  expect(states.slice(4).map(({ state }) => state)).toEqual(['kept', 'kept'])
  const last = watch(add('f'))
  await settle()
  expect(calls.at(-1)).toEqual(['f'])
  await answer()
  expect(last.state).toBe('kept')
})

test('a write that throws before it gives a promise is a write that failed', async () => {
  let broken = true
  const written: string[] = []
  const { add } = makeCoalescer((items: string[]) => {
    if (broken) throw new Error('broken')
    written.push(...items)
    return Promise.resolve()
  }, upTo(10))
  await expect(add('a')).rejects.toThrow('broken')
  broken = false
  await add('b')
  expect(written).toEqual(['b'])
})

test('whatever the order of things, each item is written once and told what became of it', async () => {
  type Step = { kind: 'add'; alone: boolean } | { kind: 'answer'; fails: boolean }
  const anyStep: fc.Arbitrary<Step> = fc.oneof(
    { weight: 2, arbitrary: fc.boolean().map((alone): Step => ({ kind: 'add', alone })) },
    { weight: 1, arbitrary: fc.boolean().map((fails): Step => ({ kind: 'answer', fails })) },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyStep, { maxLength: 60, size: 'max' }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, items) => {
        const { write, calls, answer, isOpen } = heldWrite()
        const { add } = makeCoalescer(write, upTo(items))
        const states: ReturnType<typeof watch>[] = []
        const failed: number[] = []
        let answered = 0
        for (const step of steps) {
          if (step.kind === 'add') {
            states.push(watch(add(String(states.length))))
            if (step.alone) await settle()
          } else if (isOpen()) {
            await answer(step.fails ? new Error('away') : undefined)
            if (step.fails) failed.push(answered)
            answered += 1
          }
          expect(calls.length - answered).toBeLessThanOrEqual(1)
        }
        await settle()
        expect(isOpen()).toBe(states.some(({ state }) => state === 'waiting'))
        while (isOpen()) await answer()
        expect(calls.flat()).toEqual(states.map((_, i) => String(i)))
        for (const [n, batch] of calls.entries()) {
          expect(batch.length).toBeLessThanOrEqual(items)
          const expected = failed.includes(n) ? 'refused' : 'kept'
          for (const item of batch) expect(states[Number(item)]?.state).toBe(expected)
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('beyond what may wait an item is refused, until there is room again', async () => {
  const { write, answer } = heldWrite()
  const { add } = makeCoalescer(write, { shareOf: () => 0.5, maxWaiting: 2, enough: 2 })
  const states = [...'abcdefg'].map((item) => watch(add(item)))
  await settle()
  expect(states.map(({ state }) => state)).toEqual([...Array(4).fill('waiting'), ...Array(3).fill('refused')])
  expect(states[6]?.error).toBeInstanceOf(CoalescerFull)
  await answer()
  const later = watch(add('h'))
  for (let i = 0; i < 2; i++) await answer()
  expect(later.state).toBe('kept')
})
