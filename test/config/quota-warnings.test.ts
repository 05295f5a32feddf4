import { expect, test } from 'vitest'
import { warningsAboutEscalation } from '../../src/config/check-quotas.ts'
import { loadYaml, minimal } from './write-config.ts'

/** The warnings about a quota whose `escalate` evicts, with a policy that matches so. */
async function warned(
  project: string,
  match: object,
  more: object = { evict: {}, mode: 'apply' },
  limit: object = { limit: '1GiB' },
) {
  const quotas = [{ project, ...limit, escalate: { after: '7d', evict: true } }]
  const policies = [{ name: 'p', match, ...more }]
  const sections = `quotas: ${JSON.stringify(quotas)}\nexpiry: ${JSON.stringify({ policies })}\n`
  return warningsAboutEscalation(
    await loadYaml(`${minimal}  prod: { url: "https://prod.example.com" }\n${sections}`),
  )
}

test.each([
  ['ci/team/*', { registry: 'prod' }],
  ['ci/team/*', { registry: 'ci', project: 'ci/other/**' }],
  ['ci/team/app', { registry: 'ci', project: 'ci/team' }],
  ['ci/a-*', { registry: '*', project: '*/b-*' }],
])('a check warns that no policy evicts in %s: %j', async (project, match) => {
  expect(await warned(project, match)).toEqual([
    `quotas: escalate.evict of ${project} does nothing: no expiry policy with evict and mode: apply is about its projects`,
  ])
})

test.each([
  ['ci/team/*', { registry: 'ci' }],
  ['ci/**', { registry: 'c*', project: 'ci/team/app' }],
  ['ci/*/app', { registry: 'ci', project: '**/team/*' }],
  ['**', { registry: 'prod' }],
  ['ci/{a/b,c}', { registry: 'ci', project: 'ci/a/*' }],
])('it does not if one may: %s, %j', async (project, match) => {
  expect(await warned(project, match)).toEqual([])
})

test('a policy that only plans, or has rules alone, evicts nothing', async () => {
  const rules = [{ tag: '*', olderThan: '30d', expire: true }]
  expect(await warned('ci/a', { registry: 'ci' }, { evict: {} })).toHaveLength(1)
  expect(await warned('ci/a', { registry: 'ci' }, { rules, mode: 'apply' })).toHaveLength(1)
})

test('it warns of a quota without a limit of bytes: there is nothing to evict to', async () => {
  const policy = { evict: {}, mode: 'apply' }
  expect(await warned('ci/a', { registry: 'ci' }, policy, { maxTags: 9 })).toEqual([
    'quotas: escalate.evict of ci/a does nothing: it has no limit of bytes, and nothing is evicted without one',
  ])
})
