import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeApprovalGate } from '../../../src/promotion/gates/approval-gate.ts'
import { type Approvals, makeApprovals } from '../../../src/promotion/gates/approvals.ts'
import { checkGates } from '../../../src/promotion/gates/check-gates.ts'
import { makeFlagGate } from '../../../src/promotion/gates/flag-gate.ts'
import type { Gate, GateResult } from '../../../src/promotion/gates/gate.ts'
import { makeMinAgeGate } from '../../../src/promotion/gates/min-age-gate.ts'
import type { Flag } from '../../../src/queue/alert.ts'
import { RegistryError } from '../../../src/registry/registry-error.ts'
import { makeFolderStore } from '../../../src/store/folder-store.ts'
import { digestOfTag, subjectOf } from './cosign-captures.ts'

/** Gates that ask no registry, and several gates together. */
const subject = subjectOf(digestOfTag('v1'))
/** epoch µs, 1 h after the push */
const NOW = subject.pushedAt + 3_600_000_000
const now = () => NOW

describe('together', () => {
  const gateThat = (check: Gate['check'], name = 'a'): Gate => ({ name, check })
  const fixed = (result: Omit<GateResult, 'gate' | 'why'>): Gate =>
    gateThat(async () => ({ gate: 'a', why: '', ...result }))

  test('closed beats waiting, and waiting beats open', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('open' as const, 'waiting' as const, 'closed' as const)),
        async (states) => {
          const gates = states.map((state) => fixed({ state }))
          const { state, results } = await checkGates(gates, subject, now)
          expect(results.map((one) => one.state)).toEqual(states)
          if (states.includes('closed')) expect(state).toBe('closed')
          else expect(state).toBe(states.includes('waiting') ? 'waiting' : 'open')
        },
      ),
    ))

  test('a registry that fails is asked again after a minute, or as it says, up to an hour', async () => {
    const failing = (retryAfter?: number) =>
      gateThat(async () => {
        throw new RegistryError({
          ...{ registry: 'ci', operation: 'GET referrers', status: 503, reason: 'busy\u001b' },
          ...{ retry: true, retryAfter },
        })
      })
    expect(await checkGates([failing()], subject, now)).toEqual({
      state: 'waiting',
      results: [
        {
          ...{ gate: 'a', state: 'waiting', again: Math.ceil(NOW / 1000) + 60_000 },
          why: 'ci: GET referrers: 503 (busy)',
        },
      ],
    })
    const againAfter = async (retryAfter: number) =>
      (await checkGates([failing(retryAfter)], subject, now)).results.map(({ again }) => again)
    expect(await againAfter(300_000)).toEqual([Math.ceil(NOW / 1000) + 300_000])
    expect(await againAfter(10 ** 12)).toEqual([Math.ceil(NOW / 1000) + 3_600_000])
  })

  test('what else fails is thrown', async () => {
    const broken = gateThat(async () => {
      throw new Error('Redis is away')
    })
    await expect(checkGates([broken], subject, now)).rejects.toThrow('Redis is away')
  })
})

describe('minAge', () => {
  test.each([
    [3_599_999, 'open'],
    [3_600_001, 'waiting'],
  ])('of %s ms, an hour after the push', async (age, state) => {
    const result = await makeMinAgeGate({ age }, now).check(subject)
    expect(result.state).toBe(state)
    if (state === 'waiting') expect(result.again).toBe(Math.ceil(subject.pushedAt / 1000) + age)
  })

  test('opens at the time that it says', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 10 ** 12 }), async (age) => {
        const { again } = await makeMinAgeGate({ age }, () => subject.pushedAt).check(subject)
        const at = (ms: number) => makeMinAgeGate({ age }, () => ms * 1000).check(subject)
        expect((await at(again ?? 0)).state).toBe('open')
        expect((await at((again ?? 0) - 1)).state).toBe('waiting')
      }),
    ))
})

test.each<['ok' | 'warning', Flag, GateResult['state']]>([
  ['ok', 'ok', 'open'],
  ['ok', 'warning', 'waiting'],
  ['ok', 'over', 'waiting'],
  ['warning', 'ok', 'open'],
  ['warning', 'warning', 'open'],
  ['warning', 'over', 'waiting'],
])('flag: %s allowed, %s of the project: %s', async (allow, flag, state) => {
  const asked: string[] = []
  const flagOf = async (project: string) => {
    asked.push(project)
    return flag
  }
  expect(await makeFlagGate({ allow }, { flagOf }).check(subject)).toMatchObject({
    ...{ state, why: `the flag of ci/team/app is ${flag}` },
  })
  expect(asked).toEqual(['ci/team/app'])
})

describe('approval', () => {
  let folder: string
  let approvals: Approvals
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallyman-approvals-'))
    let time = NOW
    approvals = makeApprovals({
      store: makeFolderStore({ path: folder }),
      now: () => {
        time += 1_000_000
        return time
      },
    })
  })
  afterEach(() => rm(folder, { recursive: true }))

  const check = (people: number) => makeApprovalGate({ people }, { approvals }).check(subject)

  test('opens with so many different people', async () => {
    expect(await check(2)).toEqual({
      ...{ gate: 'approval by 2', state: 'waiting', why: 'approved by 0 of 2', forPeople: true },
    })
    await approvals.approve(subject.promotion, 'Zoë <zoe@example.com>')
    await approvals.approve('another', 'bob')
    expect(await check(2)).toMatchObject({
      ...{ state: 'waiting', why: 'approved by 1 of 2: Zoë <zoe@example.com>' },
    })
    await approvals.approve(subject.promotion, 'bob')
    const [first, second] = await approvals.approvals(subject.promotion)
    expect(await check(2)).toEqual({
      ...{ gate: 'approval by 2', state: 'open', why: 'approved by 2 of 2: Zoë <zoe@example.com>, bob' },
      evidence: [
        { by: first?.by, at: first?.at },
        { by: second?.by, at: second?.at },
      ],
    })
  })

  test('the same person counts once, and the first approval stays', async () => {
    const first = await approvals.approve(subject.promotion, 'alice')
    for (const by of ['alice', ' Alice ', 'ALICE', 'ａｌｉｃｅ'])
      expect(await approvals.approve(subject.promotion, by)).toEqual(first)
    expect(await check(2)).toMatchObject({ state: 'waiting', why: 'approved by 1 of 2: alice' })
  })

  test('nobody is no person', async () => {
    await expect(approvals.approve(subject.promotion, ' ')).rejects.toThrow(RangeError)
  })

  test('what is forgotten no longer counts', async () => {
    await approvals.approve(subject.promotion, 'alice')
    await approvals.approve('another', 'alice')
    await approvals.forget(subject.promotion)
    expect(await approvals.approvals(subject.promotion)).toEqual([])
    expect(await approvals.approvals('another')).toHaveLength(1)
  })

  test('no id leads out of its folder', async () => {
    await expect(approvals.approve('../x', 'alice')).rejects.toThrow('not a key')
    await expect(approvals.approvals('..')).rejects.toThrow()
  })
})
