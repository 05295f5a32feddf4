import { InvalidArgumentError } from 'commander'

/** Checks the value of an option that is an integer within bounds. What it gives throws InvalidArgumentError. */
export const parsedInteger =
  (least: number, most: number) =>
  (text: string): string => {
    if (/^\d{1,15}$/.test(text) && Number(text) >= least && Number(text) <= most) return text
    throw new InvalidArgumentError(`Expected an integer from ${least} to ${most}.`)
  }
