const sizeUnits: Record<string, bigint> = {
  '': 1n,
  B: 1n,
  kB: 10n ** 3n,
  MB: 10n ** 6n,
  GB: 10n ** 9n,
  TB: 10n ** 12n,
  PB: 10n ** 15n,
  KiB: 2n ** 10n,
  MiB: 2n ** 20n,
  GiB: 2n ** 30n,
  TiB: 2n ** 40n,
  PiB: 2n ** 50n,
}

const durationUnits: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/**
 * Parses `50GiB`, `1.5 TB` or `1024` into bytes; a fraction of a byte is dropped.
 * @throws RangeError that says what was expected, also above 2^53 - 1 bytes, where numbers stop being exact.
 */
export function parseSize(text: string): number {
  const [, whole = '', fraction = '', unit = ''] = /^(\d+)(?:\.(\d+))? ?(\w*)$/.exec(text) ?? []
  const factor = Object.hasOwn(sizeUnits, unit) ? sizeUnits[unit] : undefined
  if (whole === '' || factor === undefined) {
    throw new RangeError(
      'expected a size such as 50GiB, 1.5TB or 1024 (units: kB MB GB TB PB, KiB MiB GiB TiB PiB)',
    )
  }
  const bytes = (BigInt(whole + fraction) * factor) / 10n ** BigInt(fraction.length)
  if (bytes > Number.MAX_SAFE_INTEGER) throw new RangeError('expected a size below 8PiB')
  return Number(bytes)
}

/**
 * Parses one number with one unit, such as `90s`, `15m`, `1.5h` or `14d`, into milliseconds.
 * @throws RangeError that says what was expected.
 */
export function parseDuration(text: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([a-z]+)$/.exec(text) ?? []
  const factor = Object.hasOwn(durationUnits, unit) ? durationUnits[unit] : undefined
  const milliseconds = Math.round(Number(amount) * (factor ?? Number.NaN))
  if (!Number.isSafeInteger(milliseconds)) {
    throw new RangeError('expected a duration such as 90s, 15m, 12h or 14d (units: ms s m h d w)')
  }
  return milliseconds
}

/** Formats bytes for people, in binary units with one decimal: `4.7 GiB`, and below 1 KiB `512 B`. */
export function formatSize(bytes: number): string {
  let value = bytes
  let unit = 'B'
  for (const next of ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']) {
    // 1023.95 would print as 1024.0, which is 1.0 of the next unit.
    if (Math.abs(value) < (unit === 'B' ? 1024 : 1023.95)) break
    value /= 1024
    unit = next
  }
  return `${unit === 'B' ? value : value.toFixed(1)} ${unit}`
}

/** Formats milliseconds for people in their two largest units: `14d`, `1h 30m`, `250ms`. The rest is dropped. */
export function formatDuration(milliseconds: number): string {
  const parts: string[] = []
  let rest = milliseconds
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const factor = durationUnits[unit] ?? 1
    const count = Math.floor(rest / factor)
    if (count > 0) parts.push(`${count}${unit}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
    rest -= count * factor
  }
  return parts.join(' ') || '0s'
}
