import type { TSchemaOptions } from 'typebox'
import { parseDuration, parseSize } from '../platform/units.ts'
import { field, messageOf } from './fields.ts'
import { written } from './written.ts'

export function Integer(description: string, minimum: number, maximum: number, options?: TSchemaOptions) {
  const parse = (raw: unknown) => {
    const value = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw
    if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum)
      return value
    throw new RangeError(`expected an integer from ${minimum} to ${maximum}`)
  }
  return field(description, parse, { written: written.integer(minimum, maximum), ...options })
}

/** An amount of money, without its currency. */
export function Price(description: string) {
  const parse = (raw: unknown) => {
    const value = typeof raw === 'string' && /^\d+(\.\d+)?$/.test(raw) ? Number(raw) : raw
    if (typeof value === 'number' && value >= 0 && value <= 1_000_000) return value
    throw new RangeError('expected a number from 0 to 1000000, such as 0.02, without a currency')
  }
  return field(description, parse, { written: written.price })
}

/** A size or a duration as it is written: a list of one text would read like the text. */
const quantityOf = (raw: unknown): string =>
  typeof raw === 'string' || typeof raw === 'number' ? String(raw) : ''

/** A size above zero, in bytes. */
export const Size = (description: string, options?: TSchemaOptions) =>
  field(description, (raw) => positive(parseSize(quantityOf(raw)), 'size'), {
    written: written.size,
    ...options,
  })

/** A duration above zero, in milliseconds. */
export const Duration = (description: string, options?: TSchemaOptions, shortest?: string) =>
  field(
    description,
    (raw) => {
      const ms = positive(parseDuration(quantityOf(raw)), 'duration')
      if (shortest !== undefined && ms < parseDuration(shortest))
        throw new RangeError(`expected a duration of ${shortest} or longer`)
      return ms
    },
    { written: written.duration, ...options },
  )

/** How often something runs, in milliseconds, or `never`. */
export function Interval(description: string, options?: TSchemaOptions) {
  const parse = (raw: unknown) => {
    if (raw === 'never') return raw
    try {
      return positive(parseDuration(quantityOf(raw)), 'duration')
    } catch (error) {
      throw new RangeError(messageOf(error).replace(/^expected/, 'expected never or'))
    }
  }
  return field(description, parse, { written: written.interval, ...options })
}

function positive(value: number, what: string): number {
  if (value > 0) return value
  throw new RangeError(`expected a ${what} above 0`)
}

/** A fraction above 0, to 1 at most; may be written as a percentage. */
export const Fraction = (description: string, options?: TSchemaOptions) =>
  field(description, parseFraction, { written: written.fraction, ...options })

export function parseFraction(raw: unknown): number {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(quantityOf(raw)) ?? []
  const fraction = Number(number) / (percent ? 100 : 1)
  if (fraction > 0 && fraction <= 1) return fraction
  throw new RangeError('expected a percentage such as 80%, or a number such as 0.8: above 0, to 1 at most')
}
