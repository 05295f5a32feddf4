import { formatSize } from '../../../../src/platform/units.ts'
import type { Answer } from '../../api/request.ts'

export type BrokenImage = Answer<'/v1/broken-images'>['images'][number]
export type Damage = BrokenImage['damages'][number]

/** What a repair found and did: the result of its job (src/integrity/repair-result.ts). */
export interface RepairResult {
  isWhole: boolean
  contents: readonly {
    digest: string
    part: Damage['part']
    from: string | null
    outcome: 'repaired' | 'planned' | 'failed'
    reason: string | null
  }[]
}

export const FAULTS: Record<Damage['fault'], string> = {
  missing: 'missing',
  size: 'wrong size',
  corrupt: 'wrong bytes',
}

export const partName = (part: Damage['part']): string => (part === 'child' ? 'listed manifest' : part)

/** Sizes of a content that is not as it should be: what is there, and what should be. */
export function sizesOf({ fault, size, found }: Pick<Damage, 'fault' | 'size' | 'found'>): string {
  if (fault === 'size' && found !== null)
    return `${found.toLocaleString('en')} bytes instead of ${size.toLocaleString('en')}`
  return size > 0 ? formatSize(size) : ''
}

/** `registry/repository:tag`, or by its digest if it has no tag. */
export const imageName = ({ registry, repository, tags, digest }: BrokenImage): string =>
  `${registry}/${repository}${tags[0] === undefined ? `@${digest}` : `:${tags[0]}`}`

/** Where wrong content is in the registry's storage: most registries keep what they have under a digest, whatever is sent. */
export const wrongFilesOf = ({ damages }: BrokenImage): string[] =>
  damages.flatMap(({ fault, digest }) => {
    const [algorithm = '', hex = ''] = digest.split(':')
    return fault === 'missing' ? [] : [`docker/registry/v2/blobs/${algorithm}/${hex.slice(0, 2)}/${hex}/data`]
  })

/** Why an image is not whole after a repair. Each reason once. */
export const failureOf = ({ contents }: RepairResult): string => {
  const failed = contents.filter(({ outcome }) => outcome === 'failed')
  const put = contents.length - failed.length
  const reasons = [
    ...new Set(failed.map(({ part, digest, reason }) => `${partName(part)} ${digest}: ${reason}`)),
  ]
  return [
    'The image is not whole.',
    ...(put > 0 ? [`${countOf(put)} put back.`] : []),
    ...(reasons.length > 0 ? [`${reasons.join('; ')}.`] : []),
  ].join(' ')
}

/** What a repair that succeeded did. */
export function successOf(name: string, { contents }: RepairResult): string {
  if (contents.length === 0)
    return `${name} is whole, and nothing had to be put back. The next look takes it off this list.`
  const places = [...new Set(contents.map(({ from }) => from))].join(', ')
  return `${name} is whole again: ${countOf(contents.length)} put back from ${places}`
}

const countOf = (n: number): string => (n === 1 ? '1 content was' : `${n} contents were`)
