import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KnownHead } from '../../src/http/known-heads.ts'

test('a sender is expected to end its connection after one request when it has done so eight times in a row', () => {
  const head = new KnownHead('ci', false)
  for (let n = 0; n < 8; n++) {
    expect(head.endsAfterOne).toBe(false)
    head.endedAfterOne()
  }
  expect(head.endsAfterOne).toBe(true)
})

test('whatever it has done before, one that keeps its connections is found out within 64', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (hasEnded) => {
      const head = new KnownHead('ci', false)
      for (const ended of hasEnded) {
        if (ended) head.endedAfterOne()
        else head.sentMore()
      }
      let closed = 0
      for (; head.endsAfterOne; closed++) head.endedAfterOne()
      expect(closed).toBeLessThan(64)
      head.sentMore()
      expect(head.endsAfterOne).toBe(false)
    }),
  )
})
