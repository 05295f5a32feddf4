import { expect, test } from 'vitest'
import { hasAllLayers } from '../../src/promotion/copy/copy-cosign-tag.ts'

/** Signatures in a manifest of cosign. All are of the same payload. */
const manifest = (layers: object[]) => Buffer.from(JSON.stringify({ layers }))
const signature = (n: number) => ({ digest: 'sha256:aa', size: 1, annotations: { type: 'a', signature: n } })

test('layers are the same in any order of their keys', () => {
  const { digest, size } = signature(1)
  const turned = { annotations: { signature: 1, type: 'a' }, size, digest }
  expect(hasAllLayers(manifest([signature(2), turned]), manifest([signature(1)]))).toBe(true)
  expect(hasAllLayers(manifest([turned]), manifest([signature(1), signature(2)]))).toBe(false)
})

test('tens of thousands are compared without comparing each with each', () => {
  const many = Array.from({ length: 28_000 }, (_, n) => signature(n))
  expect(hasAllLayers(manifest(many.toReversed()), manifest(many))).toBe(true)
})
