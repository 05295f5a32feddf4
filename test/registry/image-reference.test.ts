import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseImageReference } from '../../src/registry/image-reference.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const tag = (host: string | undefined, path: string, name: string) => ({
  host,
  path,
  reference: { tag: name },
})

test.each([
  ['registry.example.com/team/app:v1', tag('registry.example.com', 'team/app', 'v1')],
  ['registry.example.com/team/app', tag('registry.example.com', 'team/app', 'latest')],
  ['Registry.Example.com:5000/app:v1', tag('registry.example.com:5000', 'app', 'v1')],
  ['registry.example.com:443/app:v1', tag('registry.example.com', 'app', 'v1')],
  ['localhost/app:v1', tag('localhost', 'app', 'v1')],
  ['[2001:DB8::1]:5000/app:v1', tag('[2001:db8::1]:5000', 'app', 'v1')],
  ['ci/team/app:v1', tag(undefined, 'ci/team/app', 'v1')],
  ['nginx', tag(undefined, 'nginx', 'latest')],
  ['nginx:1.27', tag(undefined, 'nginx', '1.27')],
  ['localhost:5000', tag(undefined, 'localhost', '5000')],
  ['a.b/app:v1', tag('a.b', 'app', 'v1')],
  [`r.io/app@${DIGEST}`, { host: 'r.io', path: 'app', reference: { digest: DIGEST } }],
  // Clients pull the digest.
  [`r.io/app:v1@${DIGEST}`, { host: 'r.io', path: 'app', reference: { digest: DIGEST } }],
  [`docker-pullable://r.io/app@${DIGEST}`, { host: 'r.io', path: 'app', reference: { digest: DIGEST } }],
])('%s', (text, expected) => {
  expect(parseImageReference(text)).toEqual(expected)
})

test.each([
  '',
  ' r.io/app',
  'r.io/',
  '/app',
  'r.io//app',
  'r.io/App:v1',
  'r.io/app:',
  'r.io/app:v 1',
  'r.io/app:-v1',
  'r.io/app@',
  'r.io/app@sha256:abc',
  DIGEST,
  `@${DIGEST}`,
  'https://r.io/app:v1',
  'r.io:port/app:v1',
  '-r.io/app',
  'r..io/app',
  'r.io/$IMAGE',
  'r.io/{{ .Values.image }}',
  `r.io/${'a'.repeat(1_000)}`,
])('%j is no name of an image', (text) => {
  expect(parseImageReference(text)).toBeUndefined()
})

const component = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:\.|_|__|-)[a-z0-9]{1,4}){0,2}$/)
const anyRepository = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
const anyHost = fc.stringMatching(/^[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){1,2}(:[1-9]\d{1,3})?$/)
const anyReference = fc.oneof(
  fc
    .stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/)
    .map((name) => ({ text: `:${name}`, is: { tag: name } })),
  fc
    .stringMatching(/^[0-9a-f]{64}$/)
    .map((hex) => ({ text: `@sha256:${hex}`, is: { digest: `sha256:${hex}` } })),
)

test('of any host, repository, and tag or digest, the name is read back', () => {
  fc.assert(
    fc.property(anyHost, anyRepository, anyReference, (host, repository, { text, is }) => {
      expect(parseImageReference(`${host}/${repository}${text}`)).toEqual({
        host: host.replace(/:(443|80)$/, ''),
        path: repository,
        reference: is,
      })
    }),
  )
})

test('any text is read or refused, and what is read follows the grammar', () => {
  const pieces = fc.constantFrom(
    'r.io',
    '/',
    ':',
    '@',
    'app',
    DIGEST,
    '5000',
    '.',
    '[',
    ']',
    '\n',
    'A',
    '-',
    '//',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((parts) => parts.join('')),
      ),
      (text) => {
        const found = parseImageReference(text)
        if (found === undefined) return
        const { host, path, reference } = found
        const end = 'tag' in reference ? `:${reference.tag}` : `@${reference.digest}`
        // A host of one word, such as that of `A/app`, is one only with its port.
        const start = host === undefined ? '' : `${/:\d+$/.test(host) ? host : `${host}:443`}/`
        const again = `${start}${path}${end}`
        expect(parseImageReference(again)).toEqual(found)
      },
    ),
    { examples: [['A/a'], ['5000:80/app'], ['[::1]/app'], ['r.io/app']] },
  )
})
