import { expect, test } from 'vitest'
import { skopeoInspect, skopeoPullAll, skopeoRawDigest } from '../../../lab/skopeo.ts'
import { writeTag } from '../../../src/promotion/copy/write-tag.ts'
import { FROM, useCopyBed } from '../copy-bed.ts'
import { shapes } from '../image-shapes.ts'

/** skopeo gets from the target what it gets from the source, for every form of image. */
const bed = useCopyBed()

/** skopeo 1.9 refuses these at every registry: their config is not that of an image, or no image in them is for linux/amd64. */
const NOT_INSPECTED = [
  'a BuildKit cache that is an index of layers',
  'a BuildKit cache that is an image',
  'an artifact whose subject is not there',
  'a manifest without layers',
  'an index without manifests',
  'an empty layer, listed twice',
  'sizes that are wrong in the manifest',
]
/** Nor does it copy these. */
const NOT_COPIED = ['an index in an index', 'a BuildKit cache that is an index of layers']

const hostOf = (url: string) => new URL(url).host

/** The result, or `refused`. */
const outcomeOf = <T>(result: Promise<T>): Promise<T | 'refused'> => result.catch(() => 'refused' as const)

test.each(Object.entries(shapes))('skopeo inspects and copies %s', async (name, make) => {
  const { to, seed } = bed.fresh()
  const image = await bed.pushed(make(seed))
  const { root } = await bed.copy(image.root.digest, to)
  await writeTag({ client: bed.target, repository: to }, 'v1', root)
  const atSource = `${hostOf(bed.ci.url)}/${FROM}@${image.root.digest}`
  const atTarget = `${hostOf(bed.production.url)}/${to}:v1`

  expect(await skopeoRawDigest(atTarget)).toBe(image.root.digest)
  const inspected = await outcomeOf(skopeoInspect(atTarget))
  const before = await outcomeOf(skopeoInspect(atSource))
  expect({ name, refused: inspected === 'refused' }).toEqual({ name, refused: NOT_INSPECTED.includes(name) })
  if (inspected === 'refused' || before === 'refused') expect(inspected).toBe(before)
  else {
    expect(inspected.Digest).toBe(image.root.digest)
    expect(inspected.Layers).toEqual(before.Layers)
  }
  const copied = await outcomeOf(skopeoPullAll(atTarget))
  expect({ name, copied: copied === 'refused' ? copied : copied.toSorted() }).toEqual({
    name,
    copied: NOT_COPIED.includes(name) ? 'refused' : [...image.manifests.keys()].toSorted(),
  })
  if (copied === 'refused') expect(await outcomeOf(skopeoPullAll(atSource))).toBe('refused')
})
