import { formatSize, parseSize } from '../../../../src/platform/units.ts'
import { percent } from '../../parts/percent.ts'

/** What a limit that somebody types would mean. */
export function limitText(text: string, usedBytes: number): { isValid: boolean; text: string } {
  if (text.trim() === '') return { isValid: false, text: 'A size, such as 80GiB or 500MB.' }
  try {
    const limit = parseSize(text.trim())
    if (limit === 0) return { isValid: false, text: 'It must be above 0.' }
    const share = usedBytes / limit
    const used = `${formatSize(usedBytes)} are used now: ${percent(share)} of it.`
    return { isValid: true, text: share >= 1 ? `${used} The project is over its quota at once.` : used }
  } catch (error) {
    return { isValid: false, text: `${(error as Error).message.replace(/^e/, 'E')}.` }
  }
}
