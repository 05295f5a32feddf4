/** The orders that the list can have, as the API names them. */
export const SORTS = ['unique', 'exclusive', 'growth', 'flag', 'name', 'tags', 'pushed', 'idle'] as const
export type Sort = (typeof SORTS)[number]

/** The orders in words, where the heads of the table are not seen. */
export const SORT_NAMES: Record<Sort, string> = {
  ...{ unique: 'Largest first', exclusive: 'Most exclusive first', growth: 'Grew most first' },
  ...{ flag: 'Over quota first', name: 'By name', tags: 'Most tags first' },
  ...{ pushed: 'Last push first', idle: 'Longest idle first' },
}

/** The order that a URL asks for; the largest first if it asks for none, or for one that there is not. */
export const asSort = (text: string | undefined): Sort => SORTS.find((sort) => sort === text) ?? 'unique'

export const FLAGS = [
  { flag: 'over', name: 'Over their quota' },
  { flag: 'warning', name: 'Near their quota' },
  { flag: 'ok', name: 'Neither' },
] as const

/** Whether the list is not of all projects. */
export const isFiltered = (query: Readonly<Record<string, string | undefined>>): boolean =>
  [query.search, query.registry, query.flag].some(Boolean)

/** Where an arrow key leads in a list of `count`, from the place `at`; -1 is before the first. `undefined`: nowhere. */
export function placeAfter(key: string, at: number, count: number): number | undefined {
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count - 1 }[key]
  return next === undefined || next < 0 || next >= count || next === at ? undefined : next
}
