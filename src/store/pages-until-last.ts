/**
 * Asks for page after page, until one says that it is the last. `next` tells where the page after a page begins, and undefined
 * after the last one.
 *
 * The paginators of the AWS SDK look only at the marker, not at `IsTruncated`: for ListParts, Ceph (16.2) sends one with
 * the last page, too, and after the next, empty page again that of the beginning. So they never end.
 * @throws Error if a server sends a place again: it would never end
 */
export async function* pagesUntilLast<Page, Place extends object>(
  ask: (place: Place | undefined) => Promise<Page>,
  next: (page: Page) => Place | undefined,
): AsyncGenerator<Page> {
  const places = new Set<string>()
  for (let place: Place | undefined; ; ) {
    const page = await ask(place)
    yield page
    place = next(page)
    if (place === undefined) return
    const name = JSON.stringify(place)
    if (places.has(name))
      throw new Error(`the store says that more follows after ${name}, and has said so before`)
    places.add(name)
  }
}
