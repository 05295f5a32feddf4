import type { Answer } from './answer.ts'

const NEXT = /<([^<>]*)>\s*;[^,]*\brel="?next\b/

/**
 * The next page that the Link header names (RFC 8288, as the distribution spec uses it), which must be the registry's.
 * @throws RegistryError if it leads elsewhere, or nowhere
 */
export function nextPage(answer: Answer): string | undefined {
  const target = NEXT.exec(answer.header('link') ?? '')?.[1]
  if (target === undefined) return undefined
  const next = URL.canParse(target, answer.url.href) ? new URL(target, answer.url) : undefined
  if (next?.origin !== answer.url.origin || next.href === answer.url.href)
    throw answer.error('its Link to the next page leads to no other page of its own')
  return next.href
}
