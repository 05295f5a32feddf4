import { formatSize } from '../../../../src/platform/units.ts'

/** What a scrub did: the result of its job (src/integrity/scrub-status.ts). */
export interface ScrubResult {
  registry: string
  images: number
  bytes: number
  damaged: number
  unread: number
  skipped?: boolean
}

/** What a scrub did, as a sentence. */
export function scrubText({ registry, images, bytes, damaged, unread, skipped }: ScrubResult): string {
  if (skipped) return `${registry}: another scrub is in hand`
  const unreadText = unread > 0 ? `, ${unread} could not be read` : ''
  if (images + bytes + damaged === 0 && unread === 0)
    return `${registry}: nothing to read, all of it was read within the period`
  return `${registry}: ${images} images read, ${formatSize(bytes)}${unreadText}; ${damaged === 0 ? 'all is right' : damaged === 1 ? '1 content is not right' : `${damaged} contents are not right`}`
}
