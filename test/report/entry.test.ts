import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addHour,
  type Entry,
  fitted,
  type Held,
  joined,
  lastHeld,
  MOST_PUSHERS,
  merged,
  unknownOf,
} from '../../src/report/entry.ts'
import { decodeEntry, encodeEntry } from '../../src/report/entry-codec.ts'
import { aHeld, samples } from './held.ts'

type Samples = readonly (readonly [hour: number, held: Held])[]
const entryOf = (all: Samples): Entry => {
  const entry = all.reduce<Entry | undefined>(
    (before, [hour, held]) => addHour(before, hour, held),
    undefined,
  )
  if (entry === undefined) throw new Error('no sample')
  return entry
}
const held = (uniqueBytes: number, pushers: Record<string, number> = {}): Held => ({
  ...{ uniqueBytes, exclusiveBytes: 0, others: 0, version: '' },
  ...fitted(new Map(Object.entries(pushers)), uniqueBytes),
})
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)

describe('an entry', () => {
  test('has the byte-hours of a step function, and its first and last step', () => {
    fc.assert(
      fc.property(samples, (all) => {
        const entry = entryOf(all)
        expect(entry).toMatchObject({
          hours: all.length,
          byteHours: sum(all.map(([, { uniqueBytes }]) => uniqueBytes)),
          exclusiveByteHours: sum(all.map(([, { exclusiveBytes }]) => exclusiveBytes)),
          ...{ from: all[0]?.[1].uniqueBytes, to: all.at(-1)?.[1].uniqueBytes },
          ...{ firstHour: all[0]?.[0], lastHour: all.at(-1)?.[0] },
        })
        for (const [name, part] of Object.entries(entry.pushers)) {
          const steps = all.map(([, { pushers }]) =>
            Object.hasOwn(pushers, name) ? (pushers[name] ?? 0) : 0,
          )
          expect(part).toEqual({ byteHours: sum(steps), from: steps[0], to: steps.at(-1) })
        }
      }),
    )
  })

  test('of two parts of a month adds up to that of the whole', () => {
    fc.assert(
      fc.property(samples, fc.nat(30), (all, cut) => {
        fc.pre(cut > 0 && cut < all.length)
        const [first, second] = [entryOf(all.slice(0, cut)), entryOf(all.slice(cut))]
        expect(joined(first, second)).toEqual(entryOf(all))
        expect(merged(second, first)).toEqual(entryOf(all))
      }),
    )
  })

  test('is the sum of its pushers, the others and what is of nobody who is known', () => {
    fc.assert(
      fc.property(samples, (all) => {
        const entry = entryOf(all)
        const parts = [...Object.values(entry.pushers), entry.others, unknownOf(entry)]
        for (const key of ['byteHours', 'from', 'to'] as const) {
          expect(sum(parts.map((part) => part[key]))).toBe(entry[key])
          expect(parts.every((part) => part[key] >= 0)).toBe(true)
        }
      }),
    )
  })

  test('counts an hour once, whatever comes late or twice', () => {
    fc.assert(
      fc.property(samples, fc.nat(30), aHeld, (all, n, other) => {
        const entry = entryOf(all)
        const [hour = 0] = all[n % all.length] ?? []
        expect(addHour(entry, hour, other)).toBe(entry)
        // A restore into a Redis that still has the month.
        expect(merged(entryOf(all.slice(0, (n % all.length) + 1)), entry)).toEqual(entry)
      }),
    )
  })

  test('is read as it was written', () => {
    fc.assert(
      fc.property(samples, (all) => {
        const text = encodeEntry(entryOf(all))
        expect(decodeEntry(text)).toEqual(entryOf(all))
        expect(text.startsWith(`${all.at(-1)?.[0]} ${all.length} `)).toBe(true)
      }),
    )
    for (const wrong of ['', '1 1 ', '1 1 []', '1 1 {}', '1 1 [1,1,1,[1,2],1,[0,0,0],"",[]]'])
      expect(() => decodeEntry(wrong)).toThrow(RangeError)
  })
})

describe('pushers', () => {
  test('have at most what the project holds, the largest first', () => {
    expect(fitted(new Map(Object.entries({ ann: 10, bob: 70, eve: 0 })), 75)).toEqual({
      pushers: { bob: 70, ann: 5 },
      others: 0,
    })
  })

  test('beyond the most that are named count among the others, and nothing is lost', () => {
    const many = (from: number) =>
      Object.fromEntries(Array.from({ length: MOST_PUSHERS + 10 }, (_, n) => [`p${from + n}`, n + 1]))
    const total = sum(Object.values(many(0)))
    const entry = entryOf([
      [1, held(total, many(0))],
      [2, held(total + 5, many(30))],
    ])
    expect(Object.keys(entry.pushers)).toHaveLength(MOST_PUSHERS)
    expect(entry.others.byteHours).toBeGreaterThan(0)
    expect(unknownOf(entry)).toEqual({ byteHours: 5, from: 0, to: 5 })
  })

  test('of the last sample are those of the next one, if nothing was pushed', () => {
    const entry = entryOf([
      [1, held(9, { ann: 4, bob: 3 })],
      [2, held(9, { bob: 5 })],
    ])
    expect(lastHeld(entry)).toEqual({ pushers: { bob: 5 }, others: 0 })
  })
})
