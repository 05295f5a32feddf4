import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  counted,
  inStrip,
  type Layer,
  layerText,
  SHARINGS,
  sharingOf,
  stripText,
} from '../../web/src/pages/project/layers.ts'

const layer = (more: Partial<Layer> = {}): Layer => ({
  ...{ key: 'key:0', sizeBytes: 1024, otherImages: 0, otherProjects: 0, ...more },
})

test.each([
  [layer(), 'own', '1.0 KiB, only in this image'],
  [layer({ otherProjects: 2 }), 'elsewhere', '1.0 KiB, also in 2 other projects'],
  [layer({ otherImages: 1 }), 'few', '1.0 KiB, also in 1 other image of the project'],
  [
    layer({ otherImages: 5, otherProjects: 1 }),
    'many',
    '1.0 KiB, also in 5 other images of the project and 1 other project',
  ],
])('a layer is told by who else has it: %j', (one, sharing, text) => {
  expect(sharingOf(one)).toBe(sharing)
  expect(layerText(one)).toBe(text)
})

test('a strip is told in words, what only this image has first', () => {
  expect(stripText([layer({ otherImages: 9, sizeBytes: 2048 }), layer(), layer({ key: 'key:1' })])).toBe(
    '3 layers: 2.0 KiB only in this image, 2.0 KiB in 5 or more other images',
  )
  expect(stripText([])).toBe('no layers known')
})

test('the strip has each layer once, those that most others have first', () => {
  const anyLayer = fc.record({
    key: fc.stringMatching(/^[0-9a-f]{4}$/),
    sizeBytes: fc.nat(),
    otherImages: fc.nat(8),
    otherProjects: fc.nat(2),
  })
  fc.assert(
    fc.property(fc.array(anyLayer), (layers) => {
      const strip = inStrip(layers)
      expect(new Set(strip)).toEqual(new Set(layers))
      const ranks = strip.map((one) => SHARINGS.indexOf(sharingOf(one)))
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b))
    }),
  )
})

test('counts are written with their noun', () => {
  expect([counted(1, 'tag'), counted(1200, 'tag'), counted(2, 'push', 'pushes')]).toEqual([
    '1 tag',
    '1,200 tags',
    '2 pushes',
  ])
})
