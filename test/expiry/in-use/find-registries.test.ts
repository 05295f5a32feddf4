import { expect, test } from 'vitest'
import { makeFindRegistries } from '../../../src/expiry/in-use/find-registries.ts'
import { parseImageReference } from '../../../src/registry/image-reference.ts'

const { byHost, byNameOrHost } = makeFindRegistries([
  { name: 'ci', url: 'https://registry.example.com', hosts: ['registry.internal:5000', '10.0.0.1'] },
  { name: 'mirror', url: 'http://mirror.example.com:5000', hosts: ['docker.io'] },
  // The same host with another path before /v2/.
  { name: 'other', url: 'https://registry.example.com/other', hosts: [] },
])
const asText = (find: typeof byHost, text: string) => {
  const named = parseImageReference(text)
  if (named === undefined) throw new Error(`${text} is no name of an image`)
  return find(named).map(({ registry, repository, reference }) => {
    return `${registry} ${repository} ${'tag' in reference ? reference.tag : reference.digest}`
  })
}

test.each([
  ['registry.example.com/team/app:v1', ['ci team/app v1', 'other team/app v1']],
  ['REGISTRY.example.com:443/team/app', ['ci team/app latest', 'other team/app latest']],
  ['registry.internal:5000/app:v1', ['ci app v1']],
  ['registry.internal/app:v1', []],
  ['10.0.0.1/app:v1', ['ci app v1']],
  ['mirror.example.com:5000/library/nginx:1', ['mirror library/nginx 1']],
  ['nginx:1', ['mirror library/nginx 1']],
  ['docker.io/nginx:1', ['mirror library/nginx 1']],
  ['index.docker.io/bitnami/redis:7', ['mirror bitnami/redis 7']],
  ['quay.io/team/app:v1', []],
  // A client takes it for an image of Docker Hub.
  ['ci/team/app:v1', ['mirror ci/team/app v1']],
])('by host: %s', (text, expected) => {
  expect(asText(byHost, text)).toEqual(expected)
})

test.each([
  ['ci/team/app:v1', ['ci team/app v1', 'mirror ci/team/app v1']],
  ['ci:v1', ['mirror library/ci v1']],
  ['other/app', ['other app latest', 'mirror other/app latest']],
  ['registry.internal:5000/ci/app:v1', ['ci ci/app v1']],
  ['unknown.example.com/ci/app:v1', []],
])('by name or host: %s', (text, expected) => {
  expect(asText(byNameOrHost, text)).toEqual(expected)
})

test.each([
  ['art.example.com/docker-local/team/app:v1', ['art team/app v1', 'art docker-local/team/app v1 or not']],
  [
    'art.example.com/docker/docker-local/team/app:v1',
    ['art team/app v1', 'art docker/docker-local/team/app v1 or not'],
  ],
  ['docker-local.example.com/team/app:v1', ['art team/app v1']],
  ['art.example.com/docker-local:v1', ['art docker-local v1']],
  ['art/team/app:v1', ['art team/app v1']],
])('a registry whose URL has a path: %s', (text, expected) => {
  const { byNameOrHost: find } = makeFindRegistries([
    {
      name: 'art',
      url: 'https://art.example.com/artifactory/api/docker/docker-local/',
      hosts: ['docker-local.example.com'],
    },
  ])
  const named = parseImageReference(text)
  if (named === undefined) throw new Error(`${text} is no name of an image`)
  const found = find(named).map(({ registry, repository, reference, isGuess }) => {
    const tag = 'tag' in reference ? reference.tag : ''
    return `${registry} ${repository} ${tag}${isGuess ? ' or not' : ''}`
  })
  expect(found).toEqual(expected)
})
