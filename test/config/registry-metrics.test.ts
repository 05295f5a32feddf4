import { expect, test } from 'vitest'
import { loadYaml, minimal, problemsOf } from './write-config.ts'

const withMetrics = (keys: string) =>
  `${minimal}  c2: { url: "https://x", token: secret-of-registry-c2, metrics: { ${keys} } }\n`

test('one URL, several, or a name of pods; the login may be in a file', async () => {
  const of = async (keys: string, files = {}) =>
    (await loadYaml(withMetrics(keys), {}, files)).registries.c2?.metrics
  expect(await of('url: "http://a:5001/debug/vars"')).toEqual({
    ...{ url: ['http://a:5001/debug/vars'], onlyEndpoint: false },
  })
  expect(
    await of('url: ["http://a:1/metrics", "https://b/x", "http://a:1/metrics"], tokenFile: t', {
      t: 'secret\n',
    }),
  ).toEqual({
    ...{ url: ['http://a:1/metrics', 'https://b/x'], onlyEndpoint: false, token: 'secret' },
  })
  expect(
    await of('pods: "http://pods.ci.svc:5001/debug/vars", endpoint: ours, username: u, password: p'),
  ).toEqual({
    ...{ url: [], pods: 'http://pods.ci.svc:5001/debug/vars', endpoint: 'ours', onlyEndpoint: false },
    ...{ username: 'u', password: 'p' },
  })
})

const ONE = 'expected url, or pods with an http URL, and at most one login: username with password, or token'
const URLS = 'expected an http or https URL without credentials, query and fragment, or a list of some'

test.each([
  ['', ONE],
  ['endpoint: a', ONE],
  ['pods: "https://pods/x"', ONE],
  ['url: "http://a", username: u', ONE],
  ['url: "http://a", username: u, password: p, token: t', ONE],
  ['url: "ftp://a"', URLS],
  ['url: "http://u:p@a"', URLS],
  ['url: ["http://a", 3]', URLS],
  ['url: []', ONE],
])('%s is refused', async (keys, problem) => {
  const problems = await problemsOf(withMetrics(keys))
  expect(problems.join('\n')).toContain(problem)
})

test('a registry that sends no notifications has no metrics to compare', async () => {
  const yaml = `${minimal}  c2: { url: "https://x", metrics: { url: "http://a" } }\n`
  expect((await problemsOf(yaml)).join()).toContain('registries.c2: expected token beside metrics')
})

test('its token may be in a file', async () => {
  const yaml = `${minimal}  c2: { url: "https://x", tokenFile: t, metrics: { url: "http://a" } }\n`
  expect((await loadYaml(yaml, {}, { t: 'secret-of-registry-c2' })).registries.c2?.metrics?.url).toEqual([
    'http://a/',
  ])
})

test.each([
  ['url: "http://a:1/x"', 'url: ["http://b:1/x", "http://a:1/x"]', true],
  ['pods: "http://a:1/x"', 'pods: "http://a:1/x"', true],
  ['url: "http://a:1/x", endpoint: one', 'url: "http://a:1/x", endpoint: one', true],
  ['url: "http://a:1/x", endpoint: one', 'url: "http://a:1/x", endpoint: two', false],
  ['url: "http://a:1/x"', 'url: "http://a:2/x"', false],
])('two registries that count the same events are refused: %s beside %s', async (one, two, isRefused) => {
  const more = `  c3: { url: "https://y", token: secret-of-registry-c3, metrics: { ${two} } }\n`
  const yaml = withMetrics(one) + more
  if (isRefused)
    expect(await problemsOf(yaml)).toEqual([
      expect.stringContaining('registries.c3.metrics: has http://a:1/x'),
    ])
  else await loadYaml(yaml)
})
