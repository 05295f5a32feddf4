import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeHeap } from '../../src/platform/heap.ts'

test('a heap gives the first of what is in it, whenever items were added', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 50 }))), (steps) => {
      const heap = makeHeap<number>((a, b) => a < b)
      let sorted: number[] = []
      for (const step of steps) {
        if (step === null) expect(heap.pop()).toBe(sorted.shift())
        else {
          heap.push(step)
          sorted = [...sorted, step].sort((a, b) => a - b)
        }
      }
      for (const item of sorted) expect(heap.pop()).toBe(item)
      expect(heap.pop()).toBeUndefined()
    }),
  )
})
