import fc from 'fast-check'
import { expect, it } from 'vitest'
import { endsOnLongInput } from '../../lab/ends-on-long-input.ts'
import { parseChallenges } from '../../src/registry/challenge.ts'

it('parses what registries send', () => {
  const header =
    'Bearer realm="https://gitlab.test/jwt/auth",service="container_registry",scope="repository:a/b:pull,push registry:catalog:*",error="invalid_token"'
  expect(parseChallenges(header)).toEqual([
    {
      scheme: 'bearer',
      params: new Map([
        ['realm', 'https://gitlab.test/jwt/auth'],
        ['service', 'container_registry'],
        ['scope', 'repository:a/b:pull,push registry:catalog:*'],
        ['error', 'invalid_token'],
      ]),
    },
  ])
  expect(parseChallenges('Negotiate, Basic realm=x, charset="UTF-8"').map(({ scheme }) => scheme)).toEqual([
    'negotiate',
    'basic',
  ])
})

const anyToken = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
const anyChallenge = fc.record({
  scheme: anyToken,
  params: fc.dictionary(anyToken, fc.string(), { noNullPrototype: true }),
})

it('parses any list of challenges', () => {
  fc.assert(
    fc.property(fc.array(anyChallenge), (challenges) => {
      const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
      const header = challenges
        .map(({ scheme, params }) => {
          const list = Object.entries(params).map(([name, value]) => `${name}=${quote(value)}`)
          return `${scheme} ${list.join(',')}`
        })
        .join(', ')
      expect(parseChallenges(header)).toEqual(
        challenges.map(({ scheme, params }) => ({ scheme, params: new Map(Object.entries(params)) })),
      )
    }),
  )
})

it('does not throw for any header', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'ab ,="\\') }),
      (header) => void parseChallenges(header),
    ),
  )
  for (const unit of ['a ', 'a=', 'a="', '\\"', ', ', '='])
    endsOnLongInput(() => parseChallenges(unit.repeat(300_000)))
})
