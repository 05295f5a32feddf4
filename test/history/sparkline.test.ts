import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sparkline } from '../../src/history/sparkline.ts'

test.each([
  ['nothing', [], ''],
  ['a rise', [0, 1, 2, 3, 4, 5, 6, 7], '▁▂▃▄▅▆▇█'],
  ['equal values', [5, 5, 5], '▁▁▁'],
  ['a gap', [1, undefined, 3], '▁ █'],
  ['only gaps', [undefined, undefined], '  '],
  ['a fall', [100, 50, 0], '█▅▁'],
])('draws %s', (_, values, drawn) => expect(sparkline(values)).toBe(drawn))

test('has one character for each value, and a higher value never has a lower block', () => {
  const value = fc.oneof(fc.maxSafeNat(), fc.constant(undefined))
  fc.assert(
    fc.property(fc.array(value, { maxLength: 100 }), (values) => {
      const drawn = [...sparkline(values)]
      expect(drawn).toHaveLength(values.length)
      const blocks = values.map((value, i) => ({ value, block: drawn[i] ?? '' }))
      const known = blocks.filter(({ value }) => value !== undefined)
      known.sort((a, b) => Number(a.value) - Number(b.value))
      expect(known.map(({ block }) => block)).toEqual(known.map(({ block }) => block).toSorted())
    }),
  )
})
