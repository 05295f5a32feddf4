import { expect, test } from 'vitest'
import { imagesIn } from '../../../src/expiry/in-use/images-in.ts'
import { readNames } from '../../../src/expiry/in-use/read-names.ts'

test.each([
  ['lines', 'r.io/a:v1\n\n  # not this\n r.io/b \r\n', ['r.io/a:v1', 'r.io/b']],
  ['JSON', '["r.io/a:v1", {"image": "r.io/b", "pod": 1}]', ['r.io/a:v1', 'r.io/b']],
  ['an address in brackets', '[::1]:5000/a:v1', ['[::1]:5000/a:v1']],
  ['nothing', ' \n', []],
  ['an empty array', '[]', []],
])('%s', (_, text, expected) => {
  expect(readNames(text)).toEqual(expected)
})

test.each([
  ['a page for people', '<html>\n<body>sign in</body>', /no name of an image: <html>/],
  ['an object', '{"images": []}', /no name of an image: \{"images"/],
  ['JSON that was cut off', '["r.io/a:v1", "r.io/b', /no name of an image: \["r.io/],
  ['an item without a name', '[{"name": "r.io/a"}]', /neither a name nor has an `image`/],
  ['a number', '[1]', /neither a name nor has an `image`/],
  ['a character that a terminal acts on', 'r.io/a\u001b[2J', /r\.io\/a\\u\{1b\}/],
])('%s is no list of images', (_, text, message) => {
  expect(() => readNames(text)).toThrow(message)
})

const DIGEST = `sha256:${'a'.repeat(64)}`

test('of any object, the images of all kinds of containers are found, and of other things those that are names', () => {
  const pod = {
    metadata: { annotations: { image: 'not an image!' } },
    spec: {
      initContainers: [{ image: 'r.io/init:v1' }],
      containers: [{ image: 'r.io/app:v1' }, { name: 'no image' }, { image: '' }],
      ephemeralContainers: [{ image: 'r.io/debug:v1' }],
    },
    status: {
      containerStatuses: [
        { image: DIGEST, imageID: `docker-pullable://r.io/app@${DIGEST}` },
        { imageID: DIGEST },
      ],
    },
  }
  const names = ['r.io/init:v1', 'r.io/app:v1', 'r.io/debug:v1', `docker-pullable://r.io/app@${DIGEST}`]
  const found = imagesIn({
    kind: 'List',
    items: [pod, { kind: 'Prometheus', spec: { image: 'r.io/prometheus' } }],
  })
  expect(found.wrong).toEqual([])
  expect(found.names.sort()).toEqual([...names, 'r.io/prometheus'].sort())
})

test('a template in a container is told', () => {
  const { wrong } = imagesIn({ containers: [{ image: '{{ .Values.image }}' }], other: { image: '$X' } })
  expect(wrong).toEqual(['{{ .Values.image }}'])
})

test('an object that holds itself, and one a hundred thousand levels deep, are read to their end', () => {
  const circle: Record<string, unknown> = { image: 'r.io/a:v1' }
  circle.self = circle
  expect(imagesIn(circle).names).toEqual(['r.io/a:v1'])
  let deep: object = { image: 'r.io/b:v1' }
  for (let i = 0; i < 100_000; i++) deep = [deep]
  expect(imagesIn(deep).names).toEqual(['r.io/b:v1'])
})
