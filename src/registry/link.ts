import type { Answer } from './answer.ts'

const NEXT = /<([^<>]*)>\s*;[^,]*\brel="?next\b/

/**
 * The URL of the next page, from the Link header (RFC 8288, as the distribution spec uses it).
 * @throws RegistryError if it is the same page, another host's, or not a URL
 */
export function nextPage(answer: Answer): string | undefined {
  const target = NEXT.exec(answer.header('link') ?? '')?.[1]
  if (target === undefined) return undefined
  const next = URL.canParse(target, answer.url.href) ? new URL(target, answer.url) : undefined
  if (next?.origin !== answer.url.origin || next.href === answer.url.href)
    throw answer.error('the Link header does not name another page of the same host')
  return next.href
}
