import { expect, test } from 'vitest'
import { HoldRemains, makeHold } from '../../src/collection/hold.ts'

/** A hold of a registry by webhooks. `lateAfterMs`: `readOnlyOn` fails, and has its effect so long after that. */
function makeBed({ lateAfterMs }: { lateAfterMs?: number }) {
  const closing = new AbortController()
  const calls: string[] = []
  const stuck: string[] = []
  let at = 0
  let readOnlyAt = Number.POSITIVE_INFINITY
  let isHeld = false
  const hold = makeHold({
    ...{ run: { registry: 'ci', id: 'run' }, lease: { requireOurs: async () => {} }, lateMs: 120_000 },
    runs: {
      async hold() {
        isHeld = true
      },
      async letGo() {
        isHeld = false
      },
    },
    hooks: {
      async readOnlyOn() {
        calls.push('on')
        readOnlyAt = at + (lateAfterMs ?? 0)
        if (lateAfterMs !== undefined) throw new Error('it was not done within 1m')
        return ''
      },
      async readOnlyOff() {
        calls.push('off')
        // What comes late comes all the same.
        if (readOnlyAt <= at) readOnlyAt = Number.POSITIVE_INFINITY
        return ''
      },
    },
    look: async () => ({ kind: readOnlyAt <= at ? 'readOnly' : 'writable' }),
    onStuck: async (why) => void stuck.push(why),
    onFreed: async () => {},
    onError: (error) => {
      throw error
    },
    ...{ closing: closing.signal, clock: () => at },
    async sleep(ms) {
      at += ms
    },
  })
  return {
    hold,
    calls,
    stuck,
    closing,
    isHeld: () => isHeld,
    isReadOnly: () => readOnlyAt <= at,
    at: () => at,
  }
}

test('a webhook that failed and makes the registry read-only later is undone', async () => {
  const { hold, calls, stuck, isHeld, isReadOnly } = makeBed({ lateAfterMs: 60_000 })
  await expect(hold.on()).rejects.toThrow('not done')
  await hold.off()
  expect(calls).toEqual(['on', 'off', 'off'])
  expect(stuck).toEqual(['readOnlyOn has taken effect late'])
  expect([isHeld(), isReadOnly()]).toEqual([false, false])
})

test('how long pushes waited does not count how long it is looked afterwards', async () => {
  const { hold, at } = makeBed({ lateAfterMs: 1e9 })
  await hold.on().catch(() => {})
  const opened: number[] = []
  await hold.off(() => void opened.push(at()))
  expect(opened).toEqual([0])
  expect(at()).toBe(120_000)
})

test('if Tallyman stops while it is looked, the registry counts as held', async () => {
  const { hold, closing, isHeld } = makeBed({ lateAfterMs: 60_000 })
  await hold.on().catch(() => {})
  closing.abort()
  await expect(hold.off()).rejects.toThrow(HoldRemains)
  expect(isHeld()).toBe(true)
})

test('after a hook that was done, nothing is waited for', async () => {
  const { hold, calls, at } = makeBed({})
  await hold.on()
  await hold.off()
  expect([calls, at()]).toEqual([['on', 'off'], 0])
})
