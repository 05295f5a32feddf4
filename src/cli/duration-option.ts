import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../platform/units.ts'

/** Checks the value of an option `--for`. @throws InvalidArgumentError */
export function durationOption(text: string): string {
  try {
    if (parseDuration(text) > 0) return text
  } catch {
    // The same advice.
  }
  throw new InvalidArgumentError('Expected a duration above 0 such as 12h or 30d.')
}
