import { pino } from 'pino'
import { expect, test } from 'vitest'
import { makeRefusals, type Refusal } from '../../src/events/refusals.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'

function makeBed() {
  const lines: { reason: string; refused: number; msg: string; [key: string]: unknown }[] = []
  const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) })
  const metrics = makeMetrics()
  const clock = { ms: 0 }
  const { note, of } = makeRefusals({ log, metrics, now: () => clock.ms })
  const refuse = (refusal: Partial<Refusal>) =>
    note({ reason: 'token', registry: undefined, from: '10.0.0.1', detail: 'expected a token', ...refusal })
  return { refuse, of, lines, metrics, clock }
}

test('a reason is logged once a minute for each registry, with the number of refusals since the line before', () => {
  const { refuse, lines, clock } = makeBed()
  for (let n = 0; n < 100; n++) refuse({})
  refuse({ reason: 'body', registry: 'ci', detail: 'no JSON' })
  expect(lines).toEqual([
    expect.objectContaining({ reason: 'token', from: '10.0.0.1', refused: 1 }),
    expect.objectContaining({ reason: 'body', registry: 'ci', refused: 1 }),
  ])
  expect(lines[0]?.msg).toContain('expected a token')
  clock.ms = 59_999
  refuse({})
  expect(lines).toHaveLength(2)
  clock.ms = 60_000
  refuse({ from: '10.0.0.2' })
  expect(lines[2]).toMatchObject({ reason: 'token', from: '10.0.0.2', refused: 101 })
  // A stranger's refusals do not hide a registry's.
  refuse({ reason: 'path' })
  refuse({ reason: 'path', registry: 'ci' })
  refuse({ reason: 'path', registry: 'hub' })
  expect(lines.slice(3).map(({ registry }) => registry)).toEqual([undefined, 'ci', 'hub'])
})

test('the newest five senders of each registry and reason are remembered, with their counts', () => {
  const { refuse, of, clock } = makeBed()
  for (let n = 1; n <= 1_000; n++) {
    clock.ms = n
    refuse({ from: `10.0.0.${n}` })
    refuse({ from: '10.9.9.9', registry: 'ci', reason: 'body' })
  }
  expect(of(undefined).map(({ from, count }) => [from, count])).toEqual(
    [1000, 999, 998, 997, 996].map((n) => [`10.0.0.${n}`, 1]),
  )
  expect(of('ci')).toEqual([
    { reason: 'body', from: '10.9.9.9', detail: 'expected a token', count: 1_000, lastAt: 1_000 },
  ])
  expect(of('c')).toEqual([])
})

test('counts by registry and reason', async () => {
  const { refuse, metrics } = makeBed()
  refuse({})
  refuse({ registry: 'ci', reason: 'memory' })
  refuse({ registry: 'ci', reason: 'memory' })
  expect((await metrics.deliveriesRefused.get()).values).toEqual([
    { labels: { registry: '', reason: 'token' }, value: 1 },
    { labels: { registry: 'ci', reason: 'memory' }, value: 2 },
  ])
})

test('what a sender said is neither logged nor shown raw, nor at any length', () => {
  const { refuse, of, lines } = makeBed()
  refuse({ detail: `\u001b[31m\u202e${'x'.repeat(10_000)}` })
  for (const text of [lines[0]?.msg, of(undefined)[0]?.detail]) {
    expect(text).toContain('\\u{1b}[31m\\u{202e}xxx')
    expect(text?.length).toBeLessThan(500)
  }
})

test('a sender whose connection was closed before it could be asked for its address is shown all the same', () => {
  const { refuse, of } = makeBed()
  refuse({ from: undefined })
  expect(of(undefined)).toEqual([expect.objectContaining({ from: 'unknown', count: 1 })])
})
