import { makeGlob } from '../platform/glob.ts'
import { ALERT_KINDS } from '../queue/alert-kinds.ts'
import { Choice, field, Glob, Name, nonEmpty } from './fields.ts'
import { list } from './sections.ts'

const KIND = `a kind of alert, or a glob for some, such as quota.*. The kinds: ${ALERT_KINDS.join(', ')}`

const Kind = (description: string) =>
  field(description, (raw) => {
    const glob = nonEmpty(raw)
    if (ALERT_KINDS.some(makeGlob(glob))) return glob
    throw new RangeError(`expected ${KIND}`)
  })

/** The keys that channels of all types have. */
export const channelKeys = {
  name: Name('The name in logs and metrics.'),
  projects: list('Globs for projects, `registry/path`, whose alerts go here.', Glob('A glob.', 'project'), {
    default: ['**'],
    minItems: 1,
  }),
  kinds: list('Kinds of alerts that go here.', Kind('A kind of alert, or a glob, such as `quota.*`.'), {
    default: ['*'],
    minItems: 1,
  }),
  from: Choice('How urgent an alert must be to go here.', ['info', 'warning', 'critical'], {
    default: 'info',
  }),
}
