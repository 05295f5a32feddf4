import { Type } from 'typebox'
import { makeGlob } from '../platform/glob.ts'
import { ALERT_KINDS } from '../queue/alert-kinds.ts'
import { Choice, field, Glob, Name, nonEmpty } from './fields.ts'
import { TimeZone } from './schedule-fields.ts'
import { list } from './sections.ts'
import { written } from './written.ts'

const KIND = `a kind of alert, or a glob for some, such as quota.*. The kinds: ${ALERT_KINDS.join(', ')}`

const Kind = (description: string) =>
  field(
    description,
    (raw) => {
      const glob = nonEmpty(raw)
      if (ALERT_KINDS.some(makeGlob(glob))) return glob
      throw new RangeError(`expected ${KIND}`)
    },
    { written: { ...written.nonEmpty, examples: ALERT_KINDS } },
  )

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/
const A_TIME = 'a time of the day such as 07:00 or 20:30'

/** A time such as 20:00, in minutes after midnight. */
const TimeOfDay = (description: string) =>
  field(
    description,
    (raw) => {
      const [, hours, minutes] = (typeof raw === 'string' && TIME.exec(raw)) || []
      if (hours === undefined) throw new RangeError(`expected ${A_TIME}`)
      return Number(hours) * 60 + Number(minutes)
    },
    { written: written.matching(TIME, A_TIME, { examples: ['07:00', '20:30'] }) },
  )

/** The keys that channels of all types have. */
export const channelKeys = {
  name: Name('The name in logs and metrics.'),
  projects: list('Globs for projects, `registry/path`, whose alerts go here.', Glob('A glob.', 'project'), {
    default: ['**'],
    minItems: 1,
  }),
  kinds: list(
    'Kinds of alerts that go here. None: only what `escalate` of a quota sends here.',
    Kind('A kind of alert, or a glob, such as `quota.*`.'),
    { default: ['*'] },
  ),
  severity: Choice('How urgent an alert must be to go here.', ['info', 'warning', 'critical'], {
    default: 'info',
  }),
  quiet: Type.Optional(
    Type.Object(
      {
        from: TimeOfDay('When they begin.'),
        to: TimeOfDay('When they end; on the next day, if that is not after `from`.'),
        zone: TimeZone('The time zone.', { default: 'UTC' }),
        days: list('The days on which they begin.', Choice('A day.', [...DAYS]), {
          default: [...DAYS],
          minItems: 1,
        }),
        except: Type.Optional(
          Choice('What is told all the same, if it is as urgent.', ['warning', 'critical']),
        ),
      },
      {
        description: 'Quiet hours: what comes meanwhile is told at their end, in one message.',
        additionalProperties: false,
      },
    ),
  ),
}
