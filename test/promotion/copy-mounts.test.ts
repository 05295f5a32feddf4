import { describe, expect, test } from 'vitest'
import { pushImage } from '../../lab/push-image.ts'
import { makeCopier } from '../../src/promotion/copy/copy-image.ts'
import { FROM, imageOf, useCopyBed } from './copy-bed.ts'

const bed = useCopyBed()

describe('a source that names a blob which it does not have', () => {
  /** Both registries have the image, and the source has lost a blob of it since. */
  async function lostAtSource() {
    const { to, seed } = bed.fresh()
    const image = await bed.pushed(imageOf(seed))
    const lost = [...image.blobs.keys()][1] ?? ''
    const answer = await fetch(`${bed.ci.url}/v2/${FROM}/blobs/${lost}`, { method: 'DELETE' })
    expect(answer.status).toBe(202)
    return { to, image, lost, restore: () => pushImage(bed.source, FROM, 'restored', image) }
  }

  test("gets it from no other repository of the target: it may be somebody else's", async () => {
    const { to, image, lost } = await lostAtSource()
    await pushImage(bed.target, `${to}/secret`, 'v1', image)
    const copying = bed.copy(image.root.digest, to, { mountFrom: async () => [`${to}/secret`] })
    await expect(copying).rejects.toMatchObject({ code: 'absent', retry: false })
    expect(await bed.target.headBlob(to, lost)).toBeUndefined()
  })

  test('gets it from no repository to which this process has copied', async () => {
    const { to, image, lost, restore } = await lostAtSource()
    const { copyImage } = makeCopier()
    await pushImage(bed.source, 'team/secret', 'v1', image)
    await copyImage(
      bed.request(image.root.digest, `${to}/secret`, {
        source: { client: bed.source, repository: 'team/secret' },
      }),
    )
    await expect(copyImage(bed.request(image.root.digest, to))).rejects.toMatchObject({ code: 'absent' })
    expect(await bed.target.headBlob(to, lost)).toBeUndefined()
    await restore()
    expect((await copyImage(bed.request(image.root.digest, to))).blobs.sent.count).toBe(0)
  })

  test('gets it from no other repository of its own registry', async () => {
    const { to, image, lost } = await lostAtSource()
    await pushImage(bed.source, `${to}/secret`, 'v1', image)
    const changes = {
      target: { client: bed.source, repository: to },
      ...{ sameRegistry: true, mountFrom: async () => [`${to}/secret`] },
    }
    await expect(bed.copy(image.root.digest, to, changes)).rejects.toMatchObject({ code: 'absent' })
    expect(await bed.source.headBlob(to, lost)).toBeUndefined()
  })
})

test('a source is asked only for blobs that the target lacks and another repository of it has', async () => {
  const { to, seed } = bed.fresh()
  const image = await bed.pushed(imageOf(seed))
  const heads = () => bed.ci.requests.filter((line) => line.startsWith('HEAD'))
  await bed.copy(image.root.digest, to)
  expect(heads()).toEqual([])
  const changes = { mountFrom: async () => [to] }
  await bed.copy(image.root.digest, to, changes)
  expect(heads()).toEqual([])
  await bed.copy(image.root.digest, `${to}/other`, changes)
  expect(heads()).toHaveLength(image.blobs.size)
})
