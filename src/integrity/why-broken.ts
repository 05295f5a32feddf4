import { damageText } from './broken-alert.ts'
import type { BrokenRecords } from './broken-records.ts'

/**
 * Makes what tells why an image cannot be copied: it is recorded as broken, and a look at the registry does not say otherwise.
 * That content is corrupt is believed: a look reads only a byte of it.
 */
export const makeWhyBroken =
  (deps: {
    records: Pick<BrokenRecords, 'find'>
    /** Why the image cannot be pulled from its registry now; `undefined` if it can. */
    whyNotWhole: (image: {
      registry: string
      repository: string
      digest: string
    }) => Promise<string | undefined>
  }) =>
  async (image: { registry: string; repository: string; digest: string }): Promise<string | undefined> => {
    const record = await deps.records.find(image.registry, image)
    if (record === undefined) return undefined
    // A copy is made from the registry itself.
    const damages = record.damages.filter(({ isInFront }) => !isInFront)
    if (damages.length === 0) return undefined
    const isCertain = damages.some(({ fault }) => fault !== 'missing')
    if (!isCertain && (await deps.whyNotWhole(image)) === undefined) return undefined
    const [first, ...others] = damages
    if (first === undefined) return undefined
    const more = others.length > 0 ? `, and ${others.length} more` : ''
    return `the image is broken: ${damageText(first)}${more} (tallyman repair)`
  }
