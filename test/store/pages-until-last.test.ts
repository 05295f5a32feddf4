import { expect, it } from 'vitest'
import { pagesUntilLast } from '../../src/store/pages-until-last.ts'

/** A server that sends 25 items in pages of 10, and a marker with each page, also the last. */
function makeServer() {
  const asked: (number | undefined)[] = []
  return {
    asked,
    async ask(place?: { after: number }) {
      asked.push(place?.after)
      const from = place?.after ?? 0
      const items = Array.from({ length: 25 }, (_, n) => n).slice(from, from + 10)
      return { items, isTruncated: from + 10 < 25, marker: items.length === 0 ? 0 : from + items.length }
    },
  }
}

it('reads each page once, though the last one has a marker', async () => {
  const { asked, ask } = makeServer()
  const pages = await Array.fromAsync(
    pagesUntilLast(ask, ({ isTruncated, marker }) => (isTruncated ? { after: marker } : undefined)),
  )
  expect(pages.flatMap(({ items }) => items)).toEqual(Array.from({ length: 25 }, (_, n) => n))
  expect(asked).toEqual([undefined, 10, 20])
})

it('does not ask for the same page for ever', async () => {
  const pages = pagesUntilLast(
    async (_?: { after: string }) => 'page',
    () => ({ after: 'a' }),
  )
  await expect(Array.fromAsync(pages)).rejects.toThrow('more follows after {"after":"a"}')
})
