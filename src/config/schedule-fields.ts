import { CronExpressionParser } from 'cron-parser'
import type { TSchemaOptions } from 'typebox'
import { field, nonEmpty } from './fields.ts'
import { written } from './written.ts'

/** Jenkins's `H`, for which the parser draws a random number each time that it reads the expression. */
const RANDOM = /(?<![A-Z])H(?![A-Z])/i

/** Times at which something runs: cron with five fields, or six with the seconds first. */
export const Cron = (description: string, options?: TSchemaOptions) =>
  field(description, parseCron, { written: written.cron, ...options })

function parseCron(raw: unknown): string {
  const text = nonEmpty(raw).trim()
  const fields = text.split(/\s+/)
  if ((fields.length !== 5 && fields.length !== 6) || RANDOM.test(text))
    throw new RangeError(
      'expected a cron of five fields such as "0 3 * * 1-5", or six with the seconds first',
    )
  try {
    // Some are well-formed and match no day, such as 31 February.
    CronExpressionParser.parse(text).next()
  } catch (error) {
    throw new RangeError(`expected a cron that has a next time (${(error as Error).message})`)
  }
  return text
}

/** The name of a time zone in the IANA database. */
export const TimeZone = (description: string, options?: TSchemaOptions) =>
  field(description, parseTimeZone, {
    written: { ...written.nonEmpty, pattern: '^[A-Za-z]', examples: ['UTC', 'Europe/Berlin'] },
    ...options,
  })

function parseTimeZone(raw: unknown): string {
  const name = nonEmpty(raw)
  try {
    // It also takes offsets, such as +02:00.
    if (/^[A-Za-z]/.test(name)) return new Intl.DateTimeFormat('en', { timeZone: name }) && name
  } catch {}
  throw new RangeError('expected the name of a time zone, such as Europe/Berlin or UTC')
}
