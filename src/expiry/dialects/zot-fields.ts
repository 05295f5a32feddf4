import { PolicyError } from './dialect.ts'
import { parseGoDuration } from './go-duration.ts'
import { isObject, pathTo, readObject, readWith, type Warn } from './read-fields.ts'

/** A duration in µs. A number is one in ns, as zot prints it (`zot schema`: `"Delay": {"type": "integer"}`). */
export function readDuration(path: string, value: unknown, warn: Warn): number {
  if (typeof value !== 'number') return readWith(path, value, parseGoDuration)
  if (!Number.isSafeInteger(value))
    throw new PolicyError(path, 'expected a duration such as 720h, or whole nanoseconds')
  warn(path, `a number is in nanoseconds, so this is ${value / 1e9} s`)
  return value / 1000
}

/** An object whose fields may be named in any case, as viper reads them. A field that is null is not there. */
export function readAnyCase<K extends string>(
  path: string,
  value: unknown,
  known: readonly K[],
): Partial<Record<K, unknown>> {
  if (!isObject(value)) return readObject(path, value, known)
  const fields = new Map<string, unknown>()
  for (const [key, field] of Object.entries(value)) {
    const name = known.find((one) => one.toLowerCase() === key.toLowerCase()) ?? key
    if (fields.has(name)) throw new PolicyError(pathTo(path, key), `${name} is there twice`)
    fields.set(name, field ?? undefined)
  }
  return readObject(path, Object.fromEntries(fields), known)
}
