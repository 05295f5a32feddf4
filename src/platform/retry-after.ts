/** How long a `Retry-After` asks to wait, in ms, from seconds or a date (RFC 9110, 10.2.3). */
export function readRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const seconds = Number(value)
  const wait = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000
  return wait >= 0 ? wait : undefined
}
