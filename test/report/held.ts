import fc from 'fast-check'
import { fitted, type Held } from '../../src/report/entry.ts'
import { parseMonth } from '../../src/report/month.ts'

export const OCTOBER = parseMonth('2026-10')
/** Hours of October 2026. */
export const HOURS = 744

/** Bytes such that sums over a month are exact. */
const bytes = fc.nat(2 ** 40)
/** Names that objects have by themselves are names like others. */
const name = fc.constantFrom('bob', 'eve', 'ann', '__proto__', 'constructor', '7', 'Zoë "q"\n')

export const aHeld: fc.Arbitrary<Held> = fc
  .record({ uniqueBytes: bytes, share: fc.nat(100), pushers: fc.array(fc.tuple(name, bytes)) })
  .map(({ uniqueBytes, share, pushers }) => ({
    uniqueBytes,
    exclusiveBytes: Math.floor((uniqueBytes * share) / 100),
    ...fitted(new Map(pushers), uniqueBytes),
    version: String(share),
  }))

/** Samples of some hours of October, in order. */
export const samples: fc.Arbitrary<[hour: number, held: Held][]> = fc
  .uniqueArray(fc.nat(HOURS - 1), { minLength: 1, maxLength: 30 })
  .chain((hours) =>
    fc.tuple(
      ...hours.toSorted((a, b) => a - b).map((hour) => fc.tuple(fc.constant(OCTOBER.from + hour), aHeld)),
    ),
  )
