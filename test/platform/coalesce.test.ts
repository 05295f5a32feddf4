import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeCoalescer } from '../../src/platform/coalesce.ts'

/** Lets the coalescer go on. After a write of several items it waits 1 ms; a timer of 1 ms that starts later ends later. */
async function settle(): Promise<void> {
  await nextTurn()
  await sleep(1)
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

/** Options for writes of at most `items` items. */
const upTo = (items: number) => ({ shareOf: () => 1 / items })

/** Follows what becomes of a promise. */
function watch(promise: Promise<void>) {
  const watched: { state: 'waiting' | 'kept' | 'refused'; error?: unknown } = { state: 'waiting' }
  promise.then(
    () => void Object.assign(watched, { state: 'kept' }),
    (error) => void Object.assign(watched, { state: 'refused', error }),
  )
  return watched
}

test('a lone item is written at once, and acknowledged only when the write is done', async () => {
  const { write, calls, answer } = heldWrite()
  const added = watch(makeCoalescer(write, upTo(10)).add('a'))
  expect(calls).toEqual([['a']])
  await nextTurn()
  expect(added.state).toBe('waiting')
  await answer()
  expect(added.state).toBe('kept')
})

test('items that arrive during a write go out together with the next one', async () => {
  const { write, calls, answer, isOpen } = heldWrite()
  const { add } = makeCoalescer(write, upTo(10))
  const states = [...'abcd'].map((item) => watch(add(item)))
  await nextTurn()
  expect(calls).toEqual([['a']])
  await answer()
  expect(calls).toEqual([['a'], ['b', 'c', 'd']])
  expect(states.map(({ state }) => state)).toEqual(['kept', 'waiting', 'waiting', 'waiting'])
  await answer()
  expect(states.map(({ state }) => state)).toEqual(['kept', 'kept', 'kept', 'kept'])
  expect(isOpen()).toBe(false)
  void add('e')
  expect(calls.at(-1)).toEqual(['e'])
})

test('after a write of several items the next one waits for more', async () => {
  const calls: string[][] = []
  const { add } = makeCoalescer(async (items: string[]) => void calls.push(items), upTo(10))
  await Promise.all([...'abc'].map(add))
  void add('d')
  void add('e')
  expect(calls).toEqual([['a'], ['b', 'c']])
  await settle()
  expect(calls).toEqual([['a'], ['b', 'c'], ['d', 'e']])
})

test('no write is larger than the bound', async () => {
  const { write, calls, answer, isOpen } = heldWrite()
  const { add } = makeCoalescer(write, upTo(3))
  for (const item of 'abcdefgh') void add(item)
  while (isOpen()) await answer()
  expect(calls.map((items) => items.join(''))).toEqual(['a', 'bcd', 'efg', 'h'])
})

test('an item larger than a full write is written by itself', async () => {
  const { write, calls, answer, isOpen } = heldWrite()
  const { add } = makeCoalescer(write, {
    shareOf: (item: string) => (item === 'LARGE' ? 5 : 0.25),
  })
  for (const item of ['a', 'b', 'LARGE', 'c', 'd']) void add(item)
  while (isOpen()) await answer()
  expect(calls).toEqual([['a'], ['b'], ['LARGE'], ['c', 'd']])
})

test('a write that fails refuses its own items and no others', async () => {
  const { write, calls, answer } = heldWrite()
  const { add } = makeCoalescer(write, upTo(2))
  const states = [...'abcde'].map((item) => watch(add(item)))
  const error = new Error('Redis is away')
  await answer()
  await answer(error)
  expect(states.map(({ state }) => state)).toEqual(['kept', 'refused', 'refused', 'waiting', 'waiting'])
  expect(states[1]?.error).toBe(error)
  await answer()
  expect(states.slice(3).map(({ state }) => state)).toEqual(['kept', 'kept'])
  const last = watch(add('f'))
  expect(calls.at(-1)).toEqual(['f'])
  await answer()
  expect(last.state).toBe('kept')
})

test('a write that throws before it returns a promise counts as failed', async () => {
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

test('in any order of adds and answers, each item is written once and learns the outcome of its write', async () => {
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
            if (step.alone) await nextTurn()
          } else if (isOpen()) {
            await answer(step.fails ? new Error('away') : undefined)
            if (step.fails) failed.push(answered)
            answered += 1
          }
          expect(calls.length - answered).toBeLessThanOrEqual(1)
        }
        await nextTurn()
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
    { numRuns: 200 },
  )
})

test('a write runs in the asynchronous context of its first item, and not of who came before', async () => {
  const { write, answer } = heldWrite()
  const context = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  const { add } = makeCoalescer((items: string[]) => {
    seen.push(context.getStore())
    return write(items)
  }, upTo(10))
  for (const item of 'abc') context.run(`request ${item}`, () => void add(item))
  await answer()
  await answer()
  expect(seen).toEqual(['request a', 'request b'])
})
