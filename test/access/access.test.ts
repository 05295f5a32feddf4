import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  accessOfCi,
  accessOfToken,
  CONFIGURED,
  coversAll,
  mayDo,
  type Verb,
} from '../../src/access/access.ts'
import { makeAccessOf } from '../../src/access/access-of.ts'
import { hashOf, makeSecret, secretIn, TOKEN_VERBS, wrongProjects } from '../../src/access/named-token.ts'
import { ifSeen, selectSeen } from '../../src/access/select-seen.ts'

const tokenOf = (projects: string[], verbs: (typeof TOKEN_VERBS)[number][] = ['read']) =>
  accessOfToken({
    ...{ name: 'a', projects, verbs, createdAt: '2026-11-20T10:00:00.000Z', createdBy: 'x', why: null },
    expiresAt: null,
  })

const segment = fc.stringMatching(/^[a-z0-9]{1,3}$/)
const project = fc.array(segment, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/'))
const verbs = fc.uniqueArray(fc.constantFrom(...TOKEN_VERBS), { minLength: 1 })

describe('what an access sees', () => {
  test('a glob with /** sees what is before it and all below it, and nothing beside it', () => {
    fc.assert(
      fc.property(project, project, (base, other) => {
        const { sees } = tokenOf([`${base}/**`])
        expect(sees(other)).toBe(other === base || other.startsWith(`${base}/`))
        expect(sees(`${base}/${other}`)).toBe(true)
        expect(sees(`${base}x`)).toBe(false)
      }),
    )
  })

  test('a token sees what one of its globs matches', () => {
    fc.assert(
      fc.property(fc.array(project, { minLength: 1, maxLength: 3 }), project, (globs, other) => {
        expect(tokenOf(globs).sees(other)).toBe(globs.includes(other))
      }),
    )
  })

  test('only ** sees all, and what is about no project alone', () => {
    for (const projects of [['ci/**'], ['*/**'], ['**/app'], ['ci/**', 'production/**']])
      expect([tokenOf(projects).seesAll, tokenOf(projects).sees(undefined)]).toEqual([false, false])
    for (const access of [tokenOf(['ci/a', '**']), CONFIGURED.read, CONFIGURED.admin])
      expect([access.seesAll, access.sees(undefined), access.sees('any/thing')]).toEqual([true, true, true])
  })

  test('a CI job sees its projects and those below, also if they have the signs of globs', () => {
    const { sees, seesAll } = accessOfCi({
      ...{ kind: 'ci', issuer: 'gitlab', projects: ['ci/team-a/*'], claims: {} as never },
    })
    expect(seesAll).toBe(false)
    expect(['ci/team-a/*', 'ci/team-a/*/x', 'ci/team-a/app', undefined].map(sees)).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  test('a run is covered if it is limited to globs of the token', () => {
    const access = tokenOf(['ci/a/**', 'ci/b'])
    expect(coversAll(access, ['ci/a/**'])).toBe(true)
    expect(coversAll(access, ['ci/a/**', 'ci/c'])).toBe(false)
    expect(coversAll(access, undefined)).toBe(false)
    expect(coversAll(CONFIGURED.admin, undefined)).toBe(true)
  })
})

describe('verbs', () => {
  test('each of a named token includes read, admin includes all, and the others nothing else', () => {
    fc.assert(
      fc.property(verbs, (given) => {
        const access = tokenOf(['**'], given)
        const has = (verb: Verb) => mayDo(access, verb)
        const isAdmin = given.includes('admin')
        expect(has('read')).toBe(true)
        expect(has('promote')).toBe(isAdmin || given.includes('promote'))
        expect(has('ask')).toBe(has('promote'))
        expect(has('expire')).toBe(isAdmin || given.includes('expire'))
        expect(has('admin')).toBe(isAdmin)
        expect(has('report')).toBe(isAdmin)
      }),
    )
  })

  test('a CI job reads and asks for promotions; it approves none', () => {
    const job = accessOfCi({ kind: 'ci', issuer: 'x', projects: [], claims: {} as never })
    expect(
      (['read', 'ask', 'promote', 'expire', 'admin', 'report'] as const).filter((verb) => mayDo(job, verb)),
    ).toEqual(['read', 'ask'])
  })

  test('the token of reporters reports, and nothing else', () => {
    expect([mayDo(CONFIGURED.uses, 'report'), mayDo(CONFIGURED.uses, 'read')]).toEqual([true, false])
  })
})

test('a secret is found in a header, and only its hash is kept', () => {
  const secret = makeSecret()
  expect(secret).toMatch(/^tlm_[A-Za-z0-9]{40}$/)
  expect(makeSecret()).not.toBe(secret)
  expect(secretIn(`Bearer ${secret}`)).toBe(secret)
  for (const other of [
    secret,
    `Bearer ${secret}x`,
    `Bearer tlm_${'a'.repeat(39)}-`,
    `Basic ${secret}`,
    undefined,
  ])
    expect(secretIn(other)).toBeUndefined()
  expect(hashOf('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test.each([
  [['ci/team-a/**'], undefined],
  [['**'], undefined],
  [['{ci,production}/team-a/*'], undefined],
  [['team-a/**'], 'can match no project: expected registry/path; configured registries: ci, production'],
  [['ci'], 'can match no project'],
  [['ci/Team/**'], 'the name of a project has only the characters'],
  [['ci/[a'], 'in which every [, { and ( is closed'],
  [[`ci/@(${'|'.repeat(1_024)})`], 'a glob of at most 1024 characters'],
  [['ci/!(x)*a*b'], 'a simpler glob: one with !(…)'],
  [['ci/team-a/**', '!ci/team-b'], 'negates nothing'],
])('globs %j: %s', (globs, wrong) => {
  const found = wrongProjects(globs, ['ci', 'production'])
  if (wrong === undefined) expect(found).toBeUndefined()
  else expect(found).toContain(wrong)
})

describe('a page of what is seen', () => {
  const isSeen = (n: number) => ['ci/a/x', 'ci/b/x', undefined][n % 3]
  const access = tokenOf(['ci/a/**'])
  const pageOf = (count: number, most: number) => (limit: number, after: number | undefined) =>
    selectSeen({
      read: async (wanted, from = -1) =>
        Array.from({ length: count }, (_, n) => n).slice(from + 1, from + 1 + wanted),
      positionOf: (n: number) => n,
      show: ifSeen(access, isSeen),
      ...{ limit, after, most },
    })

  test('pages have all that is seen, once and in order, and all but the last are full', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(400), fc.integer({ min: 1, max: 50 }), async (count, limit) => {
        const page = pageOf(count, 10_000)
        const pages: number[][] = []
        let after: number | undefined
        do {
          const { items, next } = await page(limit, after)
          pages.push(items)
          after = next
        } while (after !== undefined)
        expect(pages.flat()).toEqual(Array.from({ length: Math.ceil(count / 3) }, (_, n) => n * 3))
        for (const items of pages.slice(0, -1)) expect(items).toHaveLength(limit)
      }),
    )
  })

  test('a page that shows something ends with the position of what it shows last, not of what is not seen', async () => {
    await fc.assert(
      fc.asyncProperty(
        ...[fc.nat(400), fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 100 })],
        async (count, limit, most) => {
          const { items, next } = await pageOf(count, most)(limit, undefined)
          if (next !== undefined && items.length > 0) expect(next).toBe(items.at(-1))
        },
      ),
    )
  })

  test('a page ends once many were looked at, and the next one goes on from there', async () => {
    const page = pageOf(100, 10)
    const first = await page(50, undefined)
    expect(first).toEqual({ items: [0, 3, 6, 9], next: 9 })
    expect((await page(50, first.next)).items).toEqual([12, 15, 18])
  })
})

test('a named token holds until its time, and not at it', async () => {
  let now = Date.parse('2026-11-20T09:59:59.999Z')
  const token = {
    ...{ name: 'a', projects: ['ci/**'], verbs: ['read' as const], createdAt: '', createdBy: '', why: null },
    expiresAt: '2026-11-20T10:00:00.000Z',
  }
  const accessOf = makeAccessOf({
    tokens: { readToken: 'read-token-0000001', adminToken: 'admin-token-000001' },
    ...{ named: { find: async () => token }, now: () => now },
  })
  const header = `Bearer ${makeSecret()}`
  expect((await accessOf(header, '::1'))?.who).toBe('token a')
  now += 1
  await expect(accessOf(header, '::1')).rejects.toThrow('the token a has expired at 2026-11-20T10:00:00.000Z')
  expect((await accessOf('Bearer admin-token-000001', '::1'))?.who).toBe('admin token')
  expect(await accessOf('Bearer nonsense', '::1')).toBeUndefined()
})
