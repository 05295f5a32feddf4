import { EXIT_STATUSES } from './exit-statuses.ts'

/** What `tallyman help TOPIC` prints besides the commands. docs/cli.md says more. */
export const HELP_TOPICS: Readonly<Record<string, () => string>> = {
  output: () => `--output FORMAT, before or after the command:

  table   for people; the default
  json    what the API answered, as one document
  ndjson  the items of a list, one JSON value a line; of a single answer, one line
  yaml    the same as json
  csv     a line of names, then a line for each item; the help of a command names
          its columns. Times are RFC 3339, sizes are bytes. A text that begins with
          = + - or @ gets a ' before it, so that no spreadsheet runs it.

Results go to standard output, remarks and errors to standard error; --quiet
leaves out the remarks. A list is one page of --limit items, or with --all every
page: as ndjson and csv, these are printed as they come. Characters that a
terminal would act on are escaped in every format. Tables have colours on a
terminal; NO_COLOR and FORCE_COLOR are heeded.
`,
  'exit-status': () => EXIT_STATUSES.map(([status, meaning]) => `${status}  ${meaning}\n`).join(''),
}
