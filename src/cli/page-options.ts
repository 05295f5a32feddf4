import { type Command, Option } from 'commander'
import { Type } from 'typebox'
import { parsedInteger } from './parsed-integer.ts'

/** Which page of a list a command asks for. */
export interface PageOptions {
  limit?: string
  cursor?: string
  all?: true
}

/** The part of a list's answer that says where its next page begins. */
export const Next = { next: Type.Union([Type.String(), Type.Null()]) }

/** Adds the options that choose a page. */
export const withPage = (command: Command): Command =>
  command
    .option('--limit <N>', 'how many to list, 1 to 1000; 100 if left out', parsedInteger(1, 1000))
    .option('--cursor <CURSOR>', 'list what follows an earlier list, which named this cursor')
    .addOption(
      new Option('--all', 'list all, page after page; as ndjson and csv it streams').conflicts('limit'),
    )

/** The options as the query of a request, with its `?`; empty if there are none. */
export function queryOf(options: object): string {
  const query = new URLSearchParams({ ...options }).toString()
  return query && `?${query}`
}
