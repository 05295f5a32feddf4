import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AuditState, vouches } from '../../src/delivery-audit/audit-state.ts'
import { judge, type Reading, type Verdict } from '../../src/delivery-audit/judge.ts'
import { type Happening, makeWorld } from './registry-world.ts'

const RUNS = { numRuns: 2_000 }

const happenings = (kinds: Happening['kind'][]) =>
  fc.array(fc.record({ kind: fc.constantFrom(...kinds), which: fc.nat(3) }), { maxLength: 12 })

/** What happens, and then what happens while everything is read. */
const minutes = (kinds: Happening['kind'][]) =>
  fc.array(fc.record({ before: happenings(kinds), during: happenings(kinds) }), { maxLength: 12 })

type Minute = { before: Happening[]; during: Happening[] }

/** Lives through the minutes, and gives what each reading showed. */
function live(world: ReturnType<typeof makeWorld>, all: readonly Minute[], onVerdict?: (v: Verdict) => void) {
  const verdicts: Verdict[] = []
  let state: AuditState | undefined
  const look = (reading: Reading) => {
    const verdict = judge(state, reading, 'x')
    state = verdict.state
    verdicts.push(verdict)
    onVerdict?.(verdict)
  }
  for (const { before, during } of all) {
    for (const one of before) world.happen(one)
    look(world.read(during))
  }
  return { verdicts, look, told: () => state?.lost ?? 0 }
}

const started = (count: number): Minute => ({
  before: Array.from({ length: count }, () => ({ kind: 'start', which: 0 })),
  during: [],
})

describe('what a registry counted, against what was taken', () => {
  test('without a loss none is told, whatever happens between two requests, and no process that appears or is idle is doubted', () => {
    fc.assert(
      fc.property(minutes(['push', 'push', 'deliver', 'late', 'start']), (all) => {
        const { verdicts } = live(makeWorld(), [started(1), ...all])
        for (const { loss, doubt, state } of verdicts) {
          expect(loss).toBeUndefined()
          expect(doubt).toBeUndefined()
          expect(state.uncounted).toBe(0)
        }
      }),
      RUNS,
    )
  })

  test('never more is told than was lost', () => {
    fc.assert(
      fc.property(
        minutes([
          'push',
          'push',
          'push',
          'deliver',
          'deliver',
          'late',
          'swallow',
          'giveUp',
          'start',
          'replace',
          'stop',
        ]),
        (all) => {
          const world = makeWorld()
          const { told } = live(world, [started(2), ...all], ({ state }) =>
            expect(state.lost).toBeLessThanOrEqual(world.lost()),
          )
          expect(told()).toBeLessThanOrEqual(world.lost())
        },
      ),
      RUNS,
    )
  })

  test('all that living processes lost is told, once their queues are empty', () => {
    fc.assert(
      fc.property(minutes(['push', 'push', 'deliver', 'late', 'swallow', 'giveUp', 'start']), (all) => {
        const world = makeWorld()
        const { look, told } = live(world, [started(1), ...all])
        world.drain()
        for (let n = 0; n < 3; n++) look(world.read())
        expect(told()).toBe(world.lost())
      }),
      RUNS,
    )
  })

  test('while the process at each address is read, no event counts as that of another one, whichever ends', () => {
    fc.assert(
      fc.property(minutes(['push', 'push', 'deliver', 'late', 'replace']), (all) => {
        for (const { state } of live(makeWorld(), [started(3), ...all]).verdicts)
          expect(state.uncounted).toBe(0)
      }),
      RUNS,
    )
  })

  test('what a process lost that was busy when it ended is told as lost, or as a doubt', () => {
    fc.assert(
      fc.property(minutes(['push', 'push', 'push', 'deliver', 'late', 'start', 'replace', 'stop']), (all) => {
        const world = makeWorld()
        let before = world.lostByBusy()
        const quiet = all.map((minute) => ({ ...minute, during: [] }))
        live(world, [started(2), ...quiet], ({ loss, doubt }) => {
          if (world.lostByBusy() > before) expect(loss ?? doubt).toBeDefined()
          before = world.lostByBusy()
        })
      }),
      RUNS,
    )
  })
})

describe('a process', () => {
  const play = (...kinds: Happening['kind'][]): Minute => ({
    before: kinds.map((kind) => ({ kind, which: 0 })),
    during: [],
  })
  const last = (...all: Minute[]) => live(makeWorld(), [started(1), ...all]).verdicts.at(-1) as Verdict

  test('that ends with nothing to say leaves no gap; neither does one that takes its place', () => {
    for (const end of ['replace', 'stop'] as const) {
      const { loss, doubt, state } = last(play('push', 'deliver'), play(), play(end), play('push', 'deliver'))
      expect({ loss, doubt, uncounted: state.uncounted }).toEqual({ uncounted: 0 })
    }
  })

  test('that ends with events in its queue has lost them, and perhaps more', () => {
    const { loss, state } = last(play('push', 'push', 'push', 'deliver'), play('push', 'replace'))
    expect(loss).toEqual({ count: 2, since: expect.any(Number), isAtLeast: true })
    expect(state).toMatchObject({ lost: 2, pending: 0, lastLoss: { count: 2 } })
  })

  test('that ended after it had delivered more than was in its queue may have had more', () => {
    const { loss, doubt } = last(play('push'), play('deliver', 'push', 'deliver', 'push', 'stop'))
    expect(loss).toBeUndefined()
    expect(doubt?.reason).toBe('a process of the registry ended with events in its queue: 1')
    expect(last(play('push', 'deliver'), play('push', 'deliver', 'push', 'stop')).doubt?.reason).toBe(
      'a process of the registry ended while it sent events, and may have had more',
    )
  })

  test('that lives loses an event to whoever answers in place of Tallyman: told in the second reading', () => {
    const { verdicts } = live(makeWorld(), [started(1), play('push', 'swallow'), play(), play()])
    expect(verdicts.map(({ loss }) => loss?.count)).toEqual([undefined, undefined, 1, undefined])
    expect(verdicts[2]?.loss?.isAtLeast).toBe(false)
  })

  test('whose metrics are not read is noticed by its events, and the audit vouches for nothing', () => {
    const { verdicts, look } = live(makeWorld(), [started(1), play('push', 'deliver'), play()])
    const reading = makeWorld().read()
    void look
    const state = verdicts.at(-1)?.state as AuditState
    const counted = Object.entries(state.processes).map(([address, one]) => ({
      ...{ address, ...one, recentCollections: [] },
    }))
    const after = judge(
      state,
      { ...reading, at: state.readAt + 60_000_000, processes: counted, takenBefore: 4, takenAfter: 4 },
      'x',
    )
    expect(after.state).toMatchObject({ uncounted: 3, uncountedAt: state.readAt + 60_000_000 })
    expect([vouches(state, state.readAt), vouches(after.state, after.state.readAt)]).toEqual([true, false])
    expect(vouches(state, state.readAt + 240_000_000)).toBe(false)
    expect(vouches(undefined, 0)).toBe(false)
  })

  const process = (address: string, startedAt: number, events: number, at: number, pending = 0) => ({
    ...{ address, birth: { startedAt }, recentCollections: [], at },
    counts: { events, successes: events - pending, givenUp: 0, pending },
  })
  const MINUTE = 60_000_000

  test('that was gone and comes back has not ended', () => {
    const at = (n: number, taken: number, events: number): Reading => ({
      ...{ ...reading(n * MINUTE, taken), processes: [process('a', 1, events, n * MINUTE)] },
    })
    const readings = [
      at(10, 5, 20),
      { ...reading(11 * MINUTE, 6), gone: ['a'] },
      ...[at(12, 8, 23), at(13, 9, 24), at(14, 9, 26), at(15, 9, 26)],
    ]
    let state: AuditState | undefined
    const seen = readings.map((one) => {
      const verdict = judge(state, one, 'x')
      state = verdict.state
      return [verdict.loss?.count ?? 0, verdict.state.uncounted, Object.keys(verdict.state.gone).length]
    })
    expect(seen).toEqual([
      ...[
        [0, 0, 0],
        [0, 0, 1],
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
      [2, 0, 0],
    ])
  })

  test('that shares its address with others, behind a balancer, is never taken for the successor of one', () => {
    // Both were there before the audit, and whichever is asked answers.
    const answers = (n: number): Reading => ({
      ...reading(n * MINUTE, n * 2),
      processes: [
        n % 3 === 0 ? process('a', 100, 800 + n, n * MINUTE) : process('a', 90, 300 + n, n * MINUTE),
      ],
    })
    let state: AuditState | undefined
    for (let n = 10; n < 40; n++) {
      const verdict = judge(state, answers(n), 'x')
      state = verdict.state
      expect([verdict.loss, verdict.doubt]).toEqual([undefined, undefined])
      if (n > 10 && n % 3 === 0) expect(state.failing.a?.problem).toMatch(/^several processes answer there/)
    }
    expect(state?.uncounted).toBeGreaterThan(5)
    expect(vouches(state, 39 * MINUTE)).toBe(false)
  })

  test('whose clock seems to be wrong takes the place of the one before after three minutes, without a loss', () => {
    const at = (n: number, process_: Reading['processes'][number]) => ({
      ...{ ...reading(n * MINUTE, 7), processes: [process_] },
    })
    let state = judge(undefined, at(10, process('a', 300, 40, 10 * MINUTE)), 'x').state
    const seen = [11, 12, 13, 14, 15].map((n) => {
      const verdict = judge(state, at(n, process('a', 200, 90, n * MINUTE)), 'x')
      state = verdict.state
      return [verdict.loss, Object.keys(verdict.state.failing).length]
    })
    expect(seen).toEqual([
      ...[
        [undefined, 1],
        [undefined, 1],
        [undefined, 0],
        [undefined, 0],
        [undefined, 0],
      ],
    ])
    expect(state.processes.a?.counts.events).toBe(90)
  })

  test('that could not be read at first joins with what it counted before', () => {
    const late = (events: number) => ({
      ...{ address: 'b', birth: { startedAt: 1 }, recentCollections: [], at: 9_000_000 },
      counts: { events, successes: events, givenUp: 0, pending: 0 },
    })
    const failed = [{ address: 'b', problem: 'no answer' }]
    const first = judge(undefined, { ...reading(2_000_000_000, 5), failed }, 'x')
    const second = judge(first.state, { ...reading(2_060_000_000, 7), processes: [late(900)] }, 'x')
    const third = judge(second.state, { ...reading(2_120_000_000, 8), processes: [late(901)] }, 'x')
    for (const { loss, doubt, state } of [second, third])
      expect({ loss, doubt, uncounted: state.uncounted }).toEqual({ uncounted: 0 })
    const fourth = judge(third.state, { ...reading(2_180_000_000, 8), processes: [late(903)] }, 'x')
    const fifth = judge(fourth.state, { ...reading(2_240_000_000, 8), processes: [late(903)] }, 'x')
    expect(fifth.loss?.count).toBe(2)
  })
})

describe('news', () => {
  const queued = (pending: number, successes: number, at: number): Reading => ({
    ...reading(at, successes),
    processes: [
      {
        ...{ address: 'a', birth: {}, recentCollections: [], at },
        counts: { events: successes + pending, successes, givenUp: 0, pending },
      },
    ],
  })
  const newsOf = (readings: readonly Reading[]) => {
    let state: AuditState | undefined
    return readings.map((one) => {
      const verdict = judge(state, one, 'x')
      state = verdict.state
      return verdict.news.join()
    })
  }
  const minutes = (pairs: [pending: number, successes: number][]) =>
    newsOf(pairs.map(([pending, successes], n) => queued(pending, successes, (n + 1) * 60_000_000)))

  test('a queue that stands still is told in the third reading, however short it is, and once it is empty', () => {
    expect(
      minutes([
        [0, 9],
        [1, 9],
        [1, 9],
        [3, 9],
        [4, 9],
        [2, 12],
        [0, 14],
      ]),
    ).toEqual([...['', '', '', 'growing', '', '', 'drained']])
  })
  test('a queue that grows while it is delivered is told once it is long', () => {
    expect(
      minutes([
        [0, 9],
        [20, 19],
        [40, 29],
        [60, 39],
        [50, 70],
        [1, 200],
      ]),
    ).toEqual([...['', '', '', 'growing', '', 'drained']])
  })
  test('a busy queue is no news', () => {
    expect(
      minutes([
        [1, 9],
        [2, 19],
        [3, 29],
        [4, 39],
        [5, 49],
        [0, 59],
      ]),
    ).toEqual(['', '', '', '', '', ''])
  })
  test('what cannot be read for a quarter of an hour is told, and when it can be again', () => {
    const failed = [{ address: 'a', problem: 'ECONNREFUSED' }]
    const at = (minute: number, isFailed: boolean): Reading => ({
      ...queued(0, 1, minute * 60_000_000),
      ...(isFailed && { failed, processes: [] }),
    })
    const shown = newsOf(Array.from({ length: 19 }, (_, n) => at(n, n > 0 && n < 18)))
    expect(shown.map((news, n) => `${n} ${news}`).filter((line) => !line.endsWith(' '))).toEqual([
      ...['16 unread', '18 read'],
    ])
  })
})

const reading = (at: number, taken: number): Reading => ({
  ...{ at, takenBefore: taken, takenAfter: taken, processes: [], gone: [], failed: [] },
})

test('a count of the intake that Redis has lost is no loss of events', () => {
  const process = (events: number) => ({
    ...{ address: 'http://a/', birth: { startedAt: 1_700_000_000 }, recentCollections: [], at: 0 },
    counts: { events, successes: events, givenUp: 0, pending: 0 },
  })
  const look = (before: AuditState | undefined, taken: number, events: number, at: number) =>
    judge(
      before,
      { at, takenBefore: taken, takenAfter: taken, processes: [process(events)], gone: [], failed: [] },
      'x',
    )
  let { state } = look(undefined, 5_000, 5_000, 1)
  ;({ state } = look(state, 5_010, 5_010, 60_000_000))
  // Redis was emptied while the last reading was under way, so its state was saved after that.
  for (const [n, taken] of [2, 5, 9].entries()) {
    const verdict = look(state, taken, 5_010 + taken, 120_000_000 + n * 60_000_000)
    expect(verdict).toMatchObject({ announced: 0, news: [] })
    expect(verdict.loss).toBeUndefined()
    state = verdict.state
  }
  expect(state.lost).toBe(0)
  // From then on a loss is noticed again.
  ;({ state } = look(state, 9, 5_022, 300_000_000))
  expect(look(state, 9, 5_022, 360_000_000).loss).toMatchObject({ count: 3 })
})
