import type { Cli } from './cli.ts'
import type { Columns } from './output/columns.ts'
import type { Line } from './output/line.ts'
import { isStreamed } from './output/printer.ts'
import type { PageOptions } from './page-options.ts'

interface Next {
  next: string | null
}

/** A list that the API sends in pages. */
export interface List<Key extends string, Row extends object, Page extends Next & Record<Key, Row[]>> {
  /** Asks for a page. `query`: its filters, `limit` and `cursor`. */
  ask(query: object): Promise<Page>
  /** The filters and the page that were asked for. */
  options: PageOptions
  /** Where an answer has its items. */
  key: Key
  columns: Columns<Row>
  lines(items: readonly Row[]): readonly Line[]
  /** Said if there is none. */
  none?: string
  /** A remark about what is shown. */
  remark?(page: Page): string
}

/** The most items of a page. */
const LIMIT = '1000'

/**
 * Prints one page of a list, and how to get the next; or with `--all` every page: what streams is printed page by page. Gives the
 * items that it has in hand: those of the last page if it streamed.
 */
export async function showList<
  Key extends string,
  Row extends object,
  Page extends Next & Record<Key, Row[]>,
>(cli: Cli, { ask, options, key, columns, lines, none, remark }: List<Key, Row, Page>): Promise<Page> {
  const { all, ...query } = options
  let page = await ask(all ? { ...query, limit: LIMIT } : query)
  if (none !== undefined && page[key].length === 0) cli.note(none)
  async function* pages(): AsyncGenerator<Row[]> {
    yield page[key]
    while (all && page.next !== null) {
      page = await ask({ ...query, limit: LIMIT, cursor: page.next })
      yield page[key]
    }
  }
  if (isStreamed(cli.format())) await cli.stream(columns, pages())
  else {
    const items = (await Array.fromAsync(pages())).flat()
    page = { ...page, [key]: items }
    await cli.show({ value: page, rows: items, columns, lines: lines(items) })
  }
  if (remark !== undefined && !all) cli.note(remark(page))
  noteNext(cli, page)
  return page
}

/** Says how to list what follows, if anything does. */
export function noteNext({ note }: Pick<Cli, 'note'>, { next }: Next): void {
  if (next !== null) note(`there are more: repeat the command with --all, or with --cursor ${next}`)
}
