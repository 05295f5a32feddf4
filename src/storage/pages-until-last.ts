/**
 * Asks for page after page, until one says that it is the last. `next` tells where the page after a page begins, and undefined
 * after the last one.
 *
 * The paginators of the AWS SDK look only at the marker, not at `IsTruncated`: for ListParts, Ceph (16.2) sends one with
 * the last page, too, and after the next, empty page again that of the beginning. So they never end.
 * @throws Error if a server sends the same place twice in a row
 */
export async function* pagesUntilLast<Page, Place extends object>(
  ask: (place: Place | undefined) => Promise<Page>,
  next: (page: Page) => Place | undefined,
): AsyncGenerator<Page> {
  let place: Place | undefined
  for (;;) {
    const page = await ask(place)
    yield page
    const following = next(page)
    if (following === undefined) return
    if (place !== undefined && JSON.stringify(following) === JSON.stringify(place))
      throw new Error(
        `the store says that more follows after ${JSON.stringify(place)}, and sends the same page`,
      )
    place = following
  }
}
