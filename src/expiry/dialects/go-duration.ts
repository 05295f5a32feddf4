/** In µs. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-3,
  us: 1,
  µs: 1,
  μs: 1,
  ms: 1e3,
  s: 1e6,
  m: 60e6,
  h: 3600e6,
}
/** The longest that Go's `time.Duration` holds, 2^63 - 1 ns, in µs. */
const LONGEST = 2 ** 63 / 1000

/**
 * Parses a duration as Go's `time.ParseDuration` does, such as `720h` or `1h30m`, into µs.
 * @throws RangeError that says what was expected
 */
export function parseGoDuration(text: string): number {
  if (/^[-+]?0$/.test(text)) return 0
  const [, sign, parts] = /^([-+]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text) ?? []
  if (parts === undefined)
    throw new RangeError('expected a duration as Go writes it, such as 720h or 1h30m (no days, no weeks)')
  const length = [...parts.matchAll(/([\d.]+)([a-zµμ]+)/g)]
    .map(([, amount, unit = '']) => Number(amount) * (UNITS[unit] ?? Number.NaN))
    .reduce((sum, part) => sum + part, 0)
  if (length > LONGEST) throw new RangeError('expected a duration of less than 292 years')
  return sign === '-' ? -length : length
}
