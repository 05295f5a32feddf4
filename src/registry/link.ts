import type { Answer } from './answer.ts'

const NEXT = /<([^<>]*)>\s*;[^,]*\brel="?next\b/

/** The longest Link header that is read. A name has at most 255 characters. */
const LONGEST = 4_096

/**
 * The path and query of the next page, from the Link header (RFC 8288, as the distribution spec uses it). The host in it
 * does not count: behind a proxy it may be a name that only the registry knows, and no other host may get our credentials.
 * For the same reason it may lack `prefix`, the path of the registry's URL. The result never has it.
 * @throws RegistryError if it is not a URL or its path does not begin with `below`, as all paths of the API do
 */
export function nextPage(
  answer: Answer,
  { prefix, below }: { prefix: string; below: string },
): string | undefined {
  const target = NEXT.exec((answer.header('link') ?? '').slice(0, LONGEST))?.[1]
  if (target === undefined) return undefined
  const next = URL.canParse(target, answer.url.href) ? new URL(target, answer.url) : undefined
  const path = next?.pathname.startsWith(prefix + below) ? next.pathname.slice(prefix.length) : next?.pathname
  if (!path?.startsWith(below))
    throw answer.error(`the Link header does not name another page below ${prefix}${below}`)
  return `${path}${next?.search}`
}
