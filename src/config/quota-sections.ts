import { type TProperties, Type } from 'typebox'
import { Choice, Flag, field, Glob, messageOf, NonEmpty, PartError, Pattern, unique } from './fields.ts'
import { Duration, Integer, parseFraction, Size } from './quantity-fields.ts'
import { list, section } from './sections.ts'
import { written } from './written.ts'

/** Shares of a limit, each once, the smallest first. */
const Shares = (description: string, options: { default: string }) =>
  field(
    description,
    (raw): number[] => {
      const shares = Array.isArray(raw) ? raw.map(shareAt) : [parseFraction(raw)]
      if (shares.length === 0) throw new RangeError('expected at least one share, such as 80%')
      return [...new Set(shares)].sort((a, b) => a - b)
    },
    { ...options, written: written.oneOrMany(written.fraction) },
  )

function shareAt(raw: unknown, index: number): number {
  try {
    return parseFraction(raw)
  } catch (error) {
    throw new PartError(String(index), raw, messageOf(error))
  }
}

/** A name that a path of the API and a word of the command line can have. */
const GroupName = (description: string) =>
  Pattern(
    description,
    'a name of lower-case letters, digits, dots and dashes',
    /^[a-z0-9][a-z0-9.-]{0,63}$/,
    unique('list'),
  )

const MOST = 1_000_000_000

const limit = Type.Optional(Size('The bytes that may be held.'))
const counts = {
  maxTags: Type.Optional(Integer('How many tags there may be.', 1, MOST)),
  maxManifests: Type.Optional(Integer('How many manifests there may be, in all repositories.', 1, MOST)),
}
const measure = Choice('Which bytes count.', ['unique', 'exclusive', 'referenced', 'tagged'], {
  default: 'unique',
})
const warnAt = Shares('The shares of the limits from which people are warned: one, or a list of them.', {
  default: '80%',
})
const grace = Type.Optional(
  Duration('How long it must be past a limit before its flag is `over`. Default: not at all.'),
)
const after = Duration('How long after its flag became `over`.')
const channels = list('The channels that are told.', NonEmpty('A channel.', { channelName: true }))

const escalation = <P extends TProperties>(
  properties: P,
  needed: readonly string[],
  { expected, refused = {} }: { expected: string; refused?: Record<string, string> },
) =>
  Type.Optional(
    Type.Refine(
      Type.Object(properties, {
        ...{ description: 'What happens if it stays over.', additionalProperties: false, refused },
        written: written.anyKeyOf(needed),
      }),
      // It is asked before defaults are filled in.
      (value) => needed.some((key) => Boolean(Object(value)[key]?.length ?? Object(value)[key])),
      () => `expected ${expected}`,
    ),
  )

const willExceedWithin = Type.Optional(
  Duration('How long before the limit is likely passed chat is told. Default: it is not told.'),
)

/** Why a sum evicts nothing (docs/quotas.md, Flags). */
const refused = {
  evict:
    'only the quota of a project evicts: a quota for several does not say which of them loses images; give the projects quotas of their own',
}
const manner = {
  ...{ warnAt, grace, willExceedWithin },
  escalate: escalation({ after, channels }, ['channels'], { expected: 'channels', refused }),
}

const LIMITS = ['limit', 'maxTags', 'maxManifests']
const hasLimit = written.anyKeyOf(LIMITS)

const ofProject = section(
  'The quota of each project that a glob matches. The most specific glob wins.',
  {
    project: Glob('A glob for projects, `registry/path`.', 'project', unique('list')),
    ...{ limit, measure, ...counts, warnAt, grace, willExceedWithin },
    escalate: escalation(
      {
        ...{ after, channels },
        evict: Flag('Whether policies evict in the project only from then on.', { default: false }),
      },
      ['channels', 'evict'],
      { expected: 'channels, or evict: true' },
    ),
  },
  hasLimit,
)

const ofGroup = section(
  'A quota for the sum over several projects.',
  {
    group: GroupName('Its name.'),
    projects: Type.Array(Glob('A glob for projects, `registry/path`.', 'project'), {
      description: 'Which projects are summed.',
      minItems: 1,
    }),
    ...{ limit, measure, ...counts, ...manner },
  },
  hasLimit,
)

const ofRegistry = section('A quota for a registry as a whole.', {
  registry: NonEmpty('The registry.', { registryName: true, ...unique('list') }),
  limit: Size('The bytes that it may hold.'),
  measure: Choice(
    'Which bytes count: each content once, or what its storage held at the last reconcile.',
    ['unique', 'stored'],
    { default: 'unique' },
  ),
  ...manner,
})

const withLimit = <P extends TProperties>(schema: ReturnType<typeof section<P>>) =>
  Type.Refine(
    schema,
    (value) => LIMITS.some((key) => Object(value)[key] !== undefined),
    () => 'expected limit, maxTags or maxManifests',
  )

/** A soft quota. Its key `project`, `group` or `registry` says what it is for. */
export const quota = Type.Union([withLimit(ofProject), withLimit(ofGroup), ofRegistry], {
  description: 'A soft quota: of projects, of a group of projects, or of a registry.',
})
