import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { inOrder } from '../../src/platform/in-order.ts'

it('keeps the order, whatever takes how long, and works at no more than it may', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(3)), fc.nat(5), async (delays, ahead) => {
      let atWork = 0
      let most = 0
      const work = async (n: number) => {
        most = Math.max(most, ++atWork)
        await setTimeout(delays[n])
        atWork--
        return n
      }
      expect(await Array.fromAsync(inOrder(delays.keys(), ahead, work))).toEqual([...delays.keys()])
      expect(most).toBe(Math.min(delays.length, ahead + 1))
    }),
    { numRuns: 30 },
  )
})

it('throws where the failure stands, after what comes before it', async () => {
  const seen: number[] = []
  const work = async (n: number) => {
    if (n >= 2) throw new Error(`no ${n}`)
    await setTimeout(5)
    return n
  }
  const run = async () => {
    for await (const n of inOrder([0, 1, 2, 3], 3, work)) seen.push(n)
  }
  await expect(run()).rejects.toThrow('no 2')
  expect(seen).toEqual([0, 1])
})
