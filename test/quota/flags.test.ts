import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import type { Flag } from '../../src/queue/alert.ts'
import { projectSubject, type QuotaSubject } from '../../src/queue/quota-subject.ts'
import { type FlagState, NEVER } from '../../src/quota/evaluate.ts'
import { type Flags, makeFlags } from '../../src/quota/flags.ts'

const bed = useRedis()
const open = (prefix = 't') => makeFlags({ redis: bed.redis, prefix })

const SINCE = '2026-05-01T10:00:00.000Z'
const state = (flag: Flag, change: number): FlagState => ({ ...NEVER, flag, since: SINCE, change, mark: 0.8 })
const set = async (flags: Flags, subject: QuotaSubject, flag: Flag) => {
  const before = await flags.entry(subject)
  return flags.replace(subject, before, { state: state(flag, before.state.change + 1) })
}
const A = projectSubject('ci/a')

test('a subject that never had a flag is ok', async () => {
  expect(await open().get(A)).toEqual(NEVER)
  expect(await open().all('project')).toEqual(new Map())
  expect(await open().raised()).toEqual([])
})

test('all flags that ever changed are read, however many there are', async () => {
  const flags = open()
  // More than Redis keeps in its compact form, and more than one call reads.
  const ids = Array.from({ length: 1_200 }, (_, n) => `ci/${n}`)
  for (const id of ids) await set(flags, projectSubject(id), 'over')
  expect(await flags.all('project')).toEqual(new Map(ids.map((id) => [id, state('over', 1)])))
  expect(await flags.all('group')).toEqual(new Map())
  expect(await flags.raised()).toHaveLength(1_200)
})

test('two sites in one Redis have flags of their own', async () => {
  await set(open(), A, 'over')
  expect(await open('u').get(A)).toEqual(NEVER)
  expect(await open('u').raised()).toEqual([])
})

test('a flag is replaced only by a run that has read what is there', async () => {
  const flags = open()
  const [first, second] = [await flags.entry(A), await flags.entry(A)]
  const written = await flags.replace(A, first, { state: state('warning', 1) })
  expect(written).toMatchObject({ state: { flag: 'warning' } })
  expect(await flags.replace(A, second, { state: state('over', 1) })).toBeUndefined()
  expect((await flags.get(A)).flag).toBe('warning')
  expect(await flags.replace(A, written ?? second, { state: state('over', 2) })).toBeDefined()
  expect((await flags.get(A)).flag).toBe('over')
})

test('those that are not ok are told by kind and id, also by a process that has read them before', async () => {
  const [writer, reader] = [open(), open()]
  await set(writer, { kind: 'registry', id: 'ci' }, 'over')
  await set(writer, A, 'warning')
  await set(writer, { kind: 'group', id: 'platform' }, 'warning')
  const raised = { since: SINCE, mark: 0.8 }
  expect(await reader.raised()).toEqual([
    { kind: 'group', id: 'platform', flag: 'warning', ...raised },
    { kind: 'project', id: 'ci/a', flag: 'warning', ...raised },
    { kind: 'registry', id: 'ci', flag: 'over', ...raised },
  ])
  await set(writer, A, 'ok')
  const ofRegistry = { kind: 'registry', id: 'ci' } as const
  await writer.replace(ofRegistry, await writer.entry(ofRegistry), undefined)
  expect((await reader.raised()).map(({ id }) => id)).toEqual(['platform'])
  expect(await writer.get({ kind: 'registry', id: 'ci' })).toEqual(NEVER)
  await bed.redis.flushall()
  expect(await reader.raised()).toEqual([])
})

test('what did not change is not read again', async () => {
  const flags = open()
  await set(flags, A, 'over')
  const first = await flags.raised()
  // A change that no one is told of: the version stays.
  const before = await flags.entry(A)
  await flags.replace(A, before, { state: { ...before.state, pastSince: SINCE } })
  expect(await flags.raised()).toBe(first)
})
