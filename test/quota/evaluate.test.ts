import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluate, type FlagState, NEVER, withoutQuota } from '../../src/quota/evaluate.ts'
import type { Quota } from '../../src/quota/quota.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 10, 27)
/** A time of these tests. */
const minute = (n: number) => new Date(START + n * MINUTE)
const bytes = (held: number) => ({ bytes: held, tags: 0, manifests: 0 })
const QUOTA: Quota = { measure: 'unique', limit: 1000, warnAt: [0.8] }

/** Evaluates a usage each minute, and gives the flags, what was told and when to look again. */
function run(quota: Quota, usages: readonly number[], from: FlagState = NEVER) {
  let state = from
  return usages.map((used, n) => {
    const { state: next, change, lookAt } = evaluate(state, bytes(used), quota, minute(n))
    state = next
    return { state, told: change && `${change.from} → ${change.to}`, change, lookAt }
  })
}
const flagsOf = (quota: Quota, ...usages: number[]) => run(quota, usages).map(({ state }) => state.flag)
const toldOf = (quota: Quota, ...usages: number[]) => run(quota, usages).map(({ told }) => told ?? '')

describe('a flag', () => {
  test.each([
    [0, 'ok'],
    [799, 'ok'],
    [800, 'warning'],
    [1000, 'warning'],
    [1001, 'over'],
    [1e15, 'over'],
  ])('of %d of 1000 bytes, warned from 80%%, is %s', (used, flag) => {
    expect(flagsOf(QUOTA, used)).toEqual([flag])
  })

  test('with a warning at 100% becomes warning when it is full', () => {
    expect(flagsOf({ ...QUOTA, warnAt: [1] }, 999, 1000, 1001)).toEqual(['ok', 'warning', 'over'])
  })

  test('is told of in the order of its changes, also if the clock was set back or has the same millisecond', () => {
    const over = evaluate(NEVER, bytes(1001), QUOTA, minute(10)).state
    const again = evaluate(over, bytes(0), QUOTA, minute(1)).state
    const atOnce = evaluate(again, bytes(900), QUOTA, minute(10)).state
    expect(
      [over, again, atOnce].map(({ toldAt }) => Date.parse(toldAt ?? '') - minute(10).getTime()),
    ).toEqual([0, 1, 2])
    expect(evaluate(atOnce, bytes(900), QUOTA, minute(11)).state).toEqual(atOnce)
    expect(evaluate(withoutQuota(atOnce, minute(2)), bytes(900), QUOTA, minute(3)).state.toldAt).toBe(
      // Also that it has no quota any more is told.
      new Date(minute(10).getTime() + 4).toISOString(),
    )
  })

  test('falls only below 95 % of its threshold', () => {
    expect(flagsOf(QUOTA, 800, 799, 760, 759, 799)).toEqual(['warning', 'warning', 'warning', 'ok', 'ok'])
    expect(flagsOf(QUOTA, 1001, 1000, 950, 949, 1000)).toEqual(['over', 'over', 'over', 'warning', 'warning'])
  })

  test('falls from over as far as its usage did', () => {
    expect(flagsOf(QUOTA, 1001, 0)).toEqual(['over', 'ok'])
    expect(flagsOf(QUOTA, 1001, 770)).toEqual(['over', 'warning'])
  })

  test('is not held up by a limit that it does not have any more', () => {
    const over = run(QUOTA, [1001]).at(-1)?.state
    const raised = evaluate(over ?? NEVER, bytes(1001), { ...QUOTA, limit: 1010 }, minute(2))
    expect([raised.state.flag, raised.change?.to]).toEqual(['warning', 'warning'])
    const marked = evaluate(over ?? NEVER, bytes(1001), { ...QUOTA, limit: 1300 }, minute(2))
    expect(marked.state.flag).toBe('ok')
  })

  test('stays over with a lower limit, although it was within the old one', () => {
    const held = run(QUOTA, [1001, 990]).at(-1)?.state ?? NEVER
    const lower = { ...QUOTA, limit: 900, grace: 10 * MINUTE }
    expect(evaluate(held, bytes(990), lower, minute(2)).state).toMatchObject({
      flag: 'over',
      since: held.since,
    })
  })

  test('is that of the fullest limit', () => {
    const quota: Quota = { ...QUOTA, maxTags: 10, maxManifests: 100 }
    const flag = (tags: number, manifests: number) =>
      evaluate(NEVER, { bytes: 10, tags, manifests }, quota, minute(0)).state.flag
    expect([flag(7, 79), flag(8, 0), flag(0, 80), flag(11, 0), flag(0, 101)]).toEqual([
      ...['ok', 'warning', 'warning', 'over', 'over'],
    ])
  })

  test('without a quota is ok, and whoever was told of it is told', () => {
    const over = run(QUOTA, [1001]).at(-1)?.state ?? NEVER
    const ok = withoutQuota(over, minute(5))
    expect(ok).toEqual({
      ...NEVER,
      toldAt: minute(5).toISOString(),
      since: minute(5).toISOString(),
      change: 2,
    })
    expect(withoutQuota(ok, minute(6))).toEqual(ok)
    expect(withoutQuota(NEVER, minute(6))).toEqual(NEVER)
  })
})

describe('several marks', () => {
  const quota = { ...QUOTA, warnAt: [0.5, 0.8, 0.95] }

  test('are told once each while the usage grows, and a skipped one is not', () => {
    expect(toldOf(quota, 500, 600, 800, 900, 950, 999, 1001)).toEqual([
      ...['ok → warning', '', 'warning → warning', '', 'warning → warning', '', 'warning → over'],
    ])
    expect(toldOf(quota, 960)).toEqual(['ok → warning'])
  })

  test('are told again once they were left', () => {
    // 95 % of 950 are 902.5.
    expect(toldOf(quota, 950, 903, 950, 902, 950)).toEqual([
      ...['ok → warning', '', '', '', 'warning → warning'],
    ])
  })
})

describe('grace', () => {
  const quota = { ...QUOTA, grace: 3 * MINUTE }

  test('makes it over only once it was past the limit for so long', () => {
    const steps = run(quota, [1001, 1500, 1001, 1001, 1001])
    expect(steps.map(({ state }) => state.flag)).toEqual(['warning', 'warning', 'warning', 'over', 'over'])
    expect(steps.map(({ told }) => told ?? '')).toEqual(['ok → warning', '', '', 'warning → over', ''])
    expect(steps.map(({ lookAt }) => lookAt)).toEqual([
      ...[minute(3), minute(3), minute(3), undefined, undefined],
    ])
  })

  test('begins anew after it was within the limit', () => {
    expect(flagsOf(quota, 1001, 1001, 1000, 1001, 1001, 1001, 1001)).toEqual([
      ...['warning', 'warning', 'warning', 'warning', 'warning', 'warning', 'over'],
    ])
  })
})

describe('escalation', () => {
  const quota = { ...QUOTA, escalate: { after: 2 * MINUTE, channels: ['boss'] } }

  test('is told once, when it was over for so long, and again the next time', () => {
    const steps = run(quota, [1001, 1200, 960, 1300, 0, 1001, 1001, 1001, 1001])
    expect(steps.map(({ change }) => change?.isEscalation)).toEqual([
      ...[false, undefined, true, undefined, false, false, undefined, true, undefined],
    ])
    expect(steps.map(({ lookAt }) => lookAt)).toEqual([
      ...[minute(2), minute(2), undefined, undefined, undefined, minute(7), minute(7), undefined, undefined],
    ])
  })
})

const anyShares = fc
  .uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 4 })
  .map((percents) => percents.sort((a, b) => a - b).map((percent) => percent / 100))
const anyQuota = fc.record({
  measure: fc.constant('unique' as const),
  limit: fc.integer({ min: 1, max: 2 ** 50 }),
  warnAt: anyShares,
  grace: fc.constantFrom(undefined, MINUTE, 5 * MINUTE),
  escalate: fc.constantFrom(undefined, { after: 3 * MINUTE, channels: ['a'] }),
})
/** Usages as shares of the limit, many of them close to a threshold. */
const anyFills = fc.array(
  fc.oneof(
    fc.double({ min: 0, max: 1.3, noNaN: true }),
    fc.integer({ min: 0, max: 130 }).map((n) => n / 100),
  ),
  { maxLength: 30 },
)
const usagesOf = ({ limit }: { limit: number }, fills: readonly number[]) =>
  fills.map((fill) => Math.round(fill * limit))

describe('for any quota and any usages', () => {
  test('each change is told once, in order, and nothing else is', () => {
    fc.assert(
      fc.property(anyQuota, anyFills, (quota, fills) => {
        let before = NEVER
        for (const { state, change } of run(quota, usagesOf(quota, fills))) {
          const isHigher = state.flag === 'warning' && (state.mark ?? 0) > (before.mark ?? 0)
          const isEscalation = state.isEscalated && !(before.isEscalated && before.flag === state.flag)
          expect(change !== undefined).toBe(state.flag !== before.flag || isHigher || isEscalation)
          if (change) expect([change.from, change.to]).toEqual([before.flag, state.flag])
          expect(state.change).toBe(before.change + (change ? 1 : 0))
          before = state
        }
      }),
    )
  })

  test('no threshold is missed, and no flag is higher than a threshold that was reached', () => {
    fc.assert(
      fc.property(anyQuota, anyFills, (quota, fills) => {
        const usages = usagesOf(quota, fills)
        for (const [n, { state }] of run(quota, usages).entries()) {
          const fill = (usages[n] ?? 0) / quota.limit
          const passed = quota.warnAt.findLast((share) => fill >= share)
          // The mark is never below what is passed now, and the order of flags is that of thresholds.
          expect(state.mark ?? 0).toBeGreaterThanOrEqual(passed ?? 0)
          if (state.mark !== null) expect(fill).toBeGreaterThanOrEqual(state.mark * 0.95)
          if (state.flag === 'over') expect(fill).toBeGreaterThanOrEqual(0.95)
          else expect(state.flag).toBe(state.mark === null ? 'ok' : 'warning')
          if (fill > 1 && !quota.grace) expect(state.flag).toBe('over')
        }
      }),
    )
  })

  test('nothing flaps while the usage stays within 95 % to 100 % of a threshold', () => {
    const anyWithin = fc.array(fc.double({ min: 0.951, max: 0.999, noNaN: true }), { maxLength: 30 })
    fc.assert(
      fc.property(anyQuota, fc.boolean(), anyWithin, (quota, isOver, shares) => {
        const limit = 2 ** 40
        const [mark = 1] = quota.warnAt
        const one: Quota = { ...quota, limit, warnAt: [mark], escalate: undefined }
        const threshold = isOver ? limit : limit * mark
        const start = evaluate(NEVER, bytes(Math.ceil(threshold) + 1), { ...one, grace: 0 }, minute(0)).state
        const usages = shares.map((share) => Math.round(share * threshold))
        for (const { state, told } of run({ ...one, grace: 0 }, usages, start)) {
          expect(told).toBeUndefined()
          expect(state.flag).toBe(start.flag)
        }
      }),
    )
  })

  test('a look at the time that was asked for changes something, and none before it does', () => {
    fc.assert(
      fc.property(anyQuota, fc.double({ min: 0, max: 1.3, noNaN: true }), (quota, fill) => {
        const used = bytes(Math.round(fill * quota.limit))
        let { state, lookAt } = evaluate(NEVER, used, quota, minute(0))
        while (lookAt !== undefined) {
          const before = evaluate(state, used, quota, new Date(lookAt.getTime() - 1))
          expect(before.state).toEqual(state)
          const then = evaluate(state, used, quota, lookAt)
          expect(then.change).toBeDefined()
          ;({ state, lookAt } = then)
        }
        const later = evaluate(state, used, quota, minute(10_000))
        expect(later.state).toEqual(state)
      }),
    )
  })
})
