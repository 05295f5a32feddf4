/**
 * What `work` makes of each item, in the order of the items, with at most `ahead` more of them at work than were
 * asked for. Throws what `work` throws when that item's turn comes; what is at work by then ends unheard.
 */
export async function* inOrder<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = []
  for await (const item of items) {
    const result = work(item)
    result.catch(() => undefined)
    begun.push(result)
    if (begun.length <= ahead) continue
    const [first] = begun.splice(0, 1)
    if (first !== undefined) yield await first
  }
  for (const result of begun) yield await result
}
