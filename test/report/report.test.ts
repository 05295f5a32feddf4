import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addHour, type Entry, type Held } from '../../src/report/entry.ts'
import { monthBefore, monthOf, monthsKept, parseMonth } from '../../src/report/month.ts'
import {
  hoursUntil,
  priceOf,
  projectRows,
  pusherRows,
  type RegistryMonth,
  wholeRow,
} from '../../src/report/report.ts'
import { HOURS, OCTOBER, samples } from './held.ts'

const GIB = 2 ** 30
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)
const held = (uniqueBytes: number, pushers: Record<string, number> = {}): Held => ({
  ...{ uniqueBytes, exclusiveBytes: uniqueBytes, pushers, others: 0, version: '' },
})
/** An entry with one sample in each of these hours of October. */
const entry = (hours: readonly number[], of: (hour: number) => Held): Entry => {
  const made = hours.reduce<Entry | undefined>(
    (before, hour) => addHour(before, OCTOBER.from + hour, of(hour)),
    undefined,
  )
  if (made === undefined) throw new Error('no hour')
  return made
}
const month = (entries: Record<string, Entry>, price?: number): RegistryMonth => ({
  ...{ registry: 'ci', month: OCTOBER, entries: new Map(Object.entries(entries)), price },
})
const all = () => true

describe('the rows of a registry', () => {
  test('by pusher add up to those by project', () => {
    const entries = fc.dictionary(fc.constantFrom('', 'a/b', 'a/c', 'd'), samples).map((byPath) =>
      Object.fromEntries(
        Object.entries(byPath).map(([path, list]) => {
          const made = list.reduce<Entry | undefined>((e, [hour, one]) => addHour(e, hour, one), undefined)
          return [path, made as Entry] as const
        }),
      ),
    )
    fc.assert(
      fc.property(entries, fc.boolean(), (of, seesAll) => {
        const sees = (project: string) => seesAll || project !== 'ci/d'
        const [projects, pushers] = [projectRows(month(of), sees), pusherRows(month(of), sees)]
        for (const key of ['byteHours', 'fromBytes', 'toBytes', 'changeBytes'] as const)
          expect(sum(pushers.map((row) => row[key]))).toBe(sum(projects.map((row) => row[key])))
        expect(projects.some(({ name }) => name === 'd')).toBe(seesAll && 'd' in of)
      }),
    )
  })

  test('tell what came and what went in the month as a change from and to nothing', () => {
    const hours = Array.from({ length: HOURS }, (_, hour) => hour)
    const of = month({
      '': entry(hours, () => held(7)),
      stays: entry(hours, (hour) => held(hour < 10 ? 5 : 3)),
      came: entry(hours.slice(100), () => held(4, { ann: 4 })),
      went: entry(hours.slice(0, 100), () => held(2, { bob: 1 })),
    })
    const rows = Object.fromEntries(projectRows(of, all).map((row) => [row.name, row]))
    expect(rows.stays).toMatchObject({ fromBytes: 5, toBytes: 3, changeBytes: -2, hoursKnown: HOURS })
    expect(rows.came).toMatchObject({ fromBytes: 0, toBytes: 4, byteHours: 4 * 644, hoursKnown: HOURS })
    expect(rows.went).toMatchObject({ fromBytes: 2, toBytes: 0, byteHours: 200, changeBytes: -2 })
    const pushers = pusherRows(of, all).map(({ kind, name, changeBytes }) => [kind, name, changeBytes])
    expect(pushers).toEqual([
      ['pusher', 'ann', 4],
      ['pusher', 'bob', -1],
      ['unknown', null, -3],
    ])
    expect(wholeRow(of)).toMatchObject({ kind: 'registry', byteHours: 7 * HOURS, hoursKnown: HOURS })
  })

  test('count nothing for hours without a sample, and say how many are known', () => {
    const known = [0, 1, 2, 500]
    const of = month({ '': entry(known, () => held(1)), app: entry(known, () => held(GIB)) }, 2)
    expect(projectRows(of, all)).toMatchObject([{ byteHours: 4 * GIB, hoursKnown: 4, price: 0.010753 }])
    expect(wholeRow(month({}, 2))).toMatchObject({ byteHours: 0, hoursKnown: 0, price: 0 })
    expect(projectRows(month({}), all)).toEqual([])
  })
})

test('a GiB of a whole month costs the price, however long the month is', () => {
  for (const name of ['2026-02', '2028-02', '2026-10', '2026-11']) {
    const { from, to } = parseMonth(name)
    expect(priceOf((to - from) * GIB, parseMonth(name), 0.023)).toBe(0.023)
  }
  expect(priceOf(GIB, OCTOBER, undefined)).toBeNull()
})

test('months are those of UTC', () => {
  expect(parseMonth('2026-10')).toMatchObject({
    from: Date.UTC(2026, 9) / 3.6e6,
    to: Date.UTC(2026, 10) / 3.6e6,
  })
  expect(OCTOBER.to - OCTOBER.from).toBe(HOURS)
  expect([monthOf(OCTOBER.to - 1).name, monthOf(OCTOBER.to).name]).toEqual(['2026-10', '2026-11'])
  expect(monthBefore(parseMonth('2027-01')).name).toBe('2026-12')
  for (const wrong of ['2026-13', '2026-00', '2026-1', '2026', '2026-10-01', ''])
    expect(() => parseMonth(wrong)).toThrow('expected a month such as 2026-10, in UTC')
  const kept = monthsKept(OCTOBER.from).map(({ name }) => name)
  expect([kept[0], kept.at(-1), kept.length]).toEqual(['2024-10', '2026-10', 25])
})

test('the running month has the hours until now', () => {
  expect(hoursUntil(OCTOBER, OCTOBER.from)).toBe(1)
  expect(hoursUntil(OCTOBER, OCTOBER.from + 99)).toBe(100)
  expect(hoursUntil(OCTOBER, OCTOBER.to + 5)).toBe(HOURS)
})
