import { type Command, InvalidArgumentError } from 'commander'
import { Type } from 'typebox'
import type { Cli } from './cli.ts'

/** Which page of a list a command asks for. */
export interface PageOptions {
  limit?: string
  cursor?: string
}

/** The part of a list's answer that says where its next page begins. */
export const Next = { next: Type.Union([Type.String(), Type.Null()]) }

/** Adds the options that choose a page. */
export const withPage = (command: Command): Command =>
  command
    .option('--limit <N>', 'how many to list, 1 to 1000; 100 if left out', parseLimit)
    .option('--cursor <CURSOR>', 'list what follows an earlier list, which named this cursor')

function parseLimit(text: string): string {
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1000) return text
  throw new InvalidArgumentError('Expected an integer from 1 to 1000.')
}

/** The options as the query of a request, with its `?`; empty if there are none. */
export function queryOf(options: object): string {
  const query = new URLSearchParams({ ...options }).toString()
  return query && `?${query}`
}

/** Says how to list what follows, if anything does. */
export function noteNext({ note }: Pick<Cli, 'note'>, { next }: { next: string | null }): void {
  if (next !== null) note(`there are more: repeat the command with --cursor ${next}`)
}
