/**
 * The segments after `/v2/` of a request at a registry: of its target as the client sent it, perhaps with a scheme and a host (RFC
 * 9112, 3.2.2). Registries and proxies decode it and resolve its dots, so that is done here, too. The API may be below a path of
 * its own. `undefined` if it is no path of the API.
 */
export function apiSegments(uri: string): string[] | undefined {
  const path = decoded(uri.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, ''))
  const all = resolved(path.split('/'))
  const start = all.indexOf('v2')
  return start < 0 ? undefined : all.slice(start + 1)
}

/** A registry refuses an escape that is none. Not all read a path as UTF-8: of one that is none, each byte is a character. */
function decoded(path: string): string {
  if (/%(?![0-9a-f]{2})/i.test(path)) return ''
  try {
    return decodeURIComponent(path)
  } catch {
    return path.replace(/%[0-9a-f]{2}/gi, (byte) => String.fromCharCode(Number.parseInt(byte.slice(1), 16)))
  }
}

/** Segments without empty ones, `.`, and each `..` with what it takes back. */
function resolved(segments: readonly string[]): string[] {
  const left: string[] = []
  for (const segment of segments)
    if (segment === '..') left.pop()
    else if (segment !== '' && segment !== '.') left.push(segment)
  return left
}
