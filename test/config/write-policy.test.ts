import { expect, test } from 'vitest'
import { readPolicy } from '../../src/config/read-policy.ts'
import { writePolicy } from '../../src/config/write-policy.ts'

const POLICIES: Record<string, unknown>[] = [
  { name: 'a', match: { registry: 'ci' }, rules: [{ tag: 'pr-*', olderThan: '14d', expire: true }] },
  {
    ...{ name: 'b', match: { registry: 'c*', project: 'ci/team-a/*', repository: 'team-a/**' } },
    ...{ mode: 'apply', schedule: '30 3 * * 1-5', timeZone: 'Europe/Berlin', notice: '90m' },
    rules: [
      { tag: '{main,v*}', keep: true },
      {
        name: 'few',
        tag: { pattern: '(?P<branch>[a-z]+)-[0-9]+' },
        keep: { newest: 3, by: 'used', per: 'branch' },
      },
      { tag: 'v*', keep: { newest: 5, by: 'semver' } },
      { tagged: false, olderThan: '1.5h', trust: ['event', 'registry'], expire: true },
      { only: { tag: 'pr-*' }, notUsedFor: '2s', kind: ['image', 'helm'], expire: true },
      { largerThan: '2GiB', smallerThan: '2TB', label: { team: '*' }, pushedBy: 'ci-*', expire: true },
    ],
  },
  {
    ...{ name: 'c', match: { registry: 'ci' } },
    evict: {
      to: '75%',
      order: 'oldest',
      floor: '300GiB',
      tiers: [{ kind: 'buildkit-cache' }, { tag: 'pr-*' }],
    },
  },
]

test.each(POLICIES)('policy $name is read again as it was', async (given) => {
  const read = await readPolicy(given, ['ci', 'cache'])
  if (!('policy' in read)) throw new Error(JSON.stringify(read))
  const written = writePolicy(read.policy)
  expect(await readPolicy(written, ['ci', 'cache'])).toEqual(read)
  expect(JSON.parse(JSON.stringify(written))).toEqual(written)
})

test('what is written reads as people write it', async () => {
  const read = await readPolicy(POLICIES[0], ['ci'])
  expect('policy' in read && writePolicy(read.policy)).toEqual({
    ...{ name: 'a', match: { registry: 'ci' }, mode: 'plan', schedule: '0 * * * *' },
    rules: [{ tag: 'pr-*', olderThan: '14d', expire: true }],
  })
})
