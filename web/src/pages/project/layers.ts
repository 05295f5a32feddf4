import { formatSize } from '../../../../src/platform/units.ts'

/** A config or layer of an image, as the API tells it. */
export interface Layer {
  key: string
  sizeBytes: number
  otherImages: number
  otherProjects: number
}

/** Who else has a layer. The order is that of the strip: what stays whatever goes comes first. */
export const SHARINGS = ['many', 'few', 'elsewhere', 'own'] as const
export type Sharing = (typeof SHARINGS)[number]

export const SHARING_NAMES: Record<Sharing, string> = {
  own: 'only this image',
  elsewhere: 'also another project',
  few: '1 to 4 other images',
  many: '5 or more',
}

export function sharingOf({ otherImages, otherProjects }: Layer): Sharing {
  if (otherImages >= 5) return 'many'
  if (otherImages > 0) return 'few'
  return otherProjects > 0 ? 'elsewhere' : 'own'
}

/** The layers as they stand in the strip. */
export const inStrip = (layers: readonly Layer[]): Layer[] =>
  layers.toSorted(
    (a, b) =>
      SHARINGS.indexOf(sharingOf(a)) - SHARINGS.indexOf(sharingOf(b)) ||
      b.otherImages - a.otherImages ||
      (a.key < b.key ? -1 : 1),
  )

/** A layer in words. */
export function layerText(layer: Layer): string {
  const { sizeBytes, otherImages, otherProjects } = layer
  const held = [
    ...(otherImages > 0 ? [`${counted(otherImages, 'other image')} of the project`] : []),
    ...(otherProjects > 0 ? [counted(otherProjects, 'other project')] : []),
  ]
  return `${formatSize(sizeBytes)}, ${held.length === 0 ? 'only in this image' : `also in ${held.join(' and ')}`}`
}

/** A strip in words: how many layers, and how much of them who else has. */
export function stripText(layers: readonly Layer[]): string {
  const sums = SHARINGS.toReversed().flatMap((sharing) => {
    const some = layers.filter((layer) => sharingOf(layer) === sharing)
    const bytes = some.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    return some.length === 0 ? [] : [`${formatSize(bytes)} ${WORDS[sharing]}`]
  })
  return layers.length === 0 ? 'no layers known' : `${counted(layers.length, 'layer')}: ${sums.join(', ')}`
}

const WORDS: Record<Sharing, string> = {
  own: 'only in this image',
  elsewhere: 'also in another project',
  few: 'in 1 to 4 other images',
  many: 'in 5 or more other images',
}

/** `1 tag`, `1,200 tags`. */
export const counted = (count: number, noun: string, plural = `${noun}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`
