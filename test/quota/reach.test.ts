import { expect, test } from 'vitest'
import type { Flag, QuotaAlert } from '../../src/queue/alert.ts'
import { addressed, type Reach, reachAfter } from '../../src/quota/reach.ts'

const change = (from: Flag, to: Flag, more: object = {}): QuotaAlert => ({
  ...{ id: 'a', at: '2026-05-01T10:00:00.000Z', text: '', registry: 'ci', from, to },
  ...{ measure: 'unique', used: 1, limit: 2, mark: null },
  ...more,
})

/** Tells alerts one after the other. Gives what each has, and who is remembered after it. */
function tell(...alerts: QuotaAlert[]) {
  let reach: Reach = {}
  return alerts.map((alert) => {
    const told = addressed(alert, reach)
    reach = reachAfter(reach, alert.to, told)
    return {
      ends: told.endsEscalation?.channels,
      projects: 'group' in told ? told.projects : undefined,
      reach,
    }
  })
}

test('who was told that it stays over is told once that it is not', () => {
  const escalation = change('over', 'over', { escalation: { channels: ['boss'] } })
  const told = tell(
    ...[change('ok', 'over'), escalation, change('over', 'warning'), change('warning', 'over')],
    ...[change('over', 'ok'), change('ok', 'over'), escalation, change('over', 'ok')],
  )
  const none = undefined
  expect(told.map(({ ends }) => ends)).toEqual([none, none, ['boss'], none, none, none, none, ['boss']])
  expect(told.at(-1)?.reach).toEqual({})
})

test('an escalation that tells nobody ends silently', () => {
  const escalation = change('over', 'over', { escalation: { channels: [] } })
  expect(tell(change('ok', 'over'), escalation, change('over', 'ok')).at(-1)?.ends).toBeUndefined()
})

test("a group's end goes to all whose projects were told, also if it has no projects any more", () => {
  const of = (...projects: string[]) => ({ group: 'g', projects })
  const told = tell(
    change('ok', 'warning', of('a', 'b')),
    change('warning', 'over', of('c', 'b')),
    change('over', 'ok', of()),
    change('ok', 'over', of('d')),
  )
  expect(told.map(({ projects }) => projects)).toEqual([['a', 'b'], ['c', 'b', 'a'], ['c', 'b', 'a'], ['d']])
  expect(told[2]?.reach).toEqual({})
})

test('what is not told changes nothing while the flag stays', () => {
  expect(reachAfter({ escalatedTo: ['boss'] }, 'over', undefined)).toEqual({ escalatedTo: ['boss'] })
  expect(reachAfter({ projects: ['a'] }, 'warning', undefined)).toEqual({ projects: ['a'] })
})
