import { RE2JS } from 're2js'
import { Type } from 'typebox'
import { ARTIFACT_KINDS, type ArtifactKind } from '../expiry/details/artifact-kind.ts'
import type { Newest } from '../expiry/rule.ts'
import type { TagSelector } from '../platform/match-tag.ts'
import { Choice, Flag, field, NonEmpty, nonEmpty, PartError } from './fields.ts'
import { expectedGlob, MOST_CHARACTERS, NOT_A_PATTERN } from './glob.ts'
import { patternIn } from './pattern-fields.ts'
import { Duration, Size } from './quantity-fields.ts'
import { section } from './sections.ts'
import { isMapping } from './walk.ts'
import { type JsonSchema, written } from './written.ts'

/** Which tags: a glob, or `{ pattern }`, an RE2 pattern for the whole tag. */
export const Tags = (description: string) =>
  field(description, parseTags, {
    written: written.textOrPattern({ ...written.nonEmpty, maxLength: MOST_CHARACTERS }),
  })

function parseTags(raw: unknown): TagSelector {
  if (isMapping(raw)) return { pattern: patternIn(raw, 'a glob') }
  const glob = nonEmpty(raw)
  const expected = expectedGlob(glob, 'tag')
  if (expected === undefined) return { glob }
  const hint = expected === NOT_A_PATTERN ? "; a pattern is written { pattern: '…' }" : ''
  throw new RangeError(`expected ${expected}${hint}`)
}

const ORDERS: Newest['by'][] = ['pushed', 'used', 'semver']

const KEEP: JsonSchema = {
  anyOf: [
    { const: true },
    {
      ...{ type: 'object', required: ['newest'], additionalProperties: false },
      properties: {
        newest: { type: 'integer', minimum: 1, description: 'How many are kept.' },
        by: { ...written.choice(ORDERS), description: 'Which are the newest.', default: 'pushed' },
        per: {
          ...written.nonEmpty,
          description:
            'Of what so many are kept: `repository`, or the name of a group of the pattern in `tag`.',
          default: 'repository',
        },
      },
    },
  ],
}

/** `true`, or which of the newest are kept. */
const Keep = (description: string) => field(description, parseKeep, { written: KEEP })

function parseKeep(raw: unknown): true | Newest {
  if (raw === true) return true
  if (!isMapping(raw))
    throw new RangeError('expected true, or { newest: 10, by: pushed | used | semver, per: repository }')
  const { newest, by = 'pushed', per = 'repository', ...others } = raw
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    throw new PartError(unknown, others[unknown], 'unknown key; expected one of newest, by, per')
  if (!Number.isSafeInteger(newest) || Number(newest) < 1)
    throw new PartError('newest', newest, 'expected an integer of at least 1')
  const order = ORDERS.find((one) => one === by)
  if (order === undefined) throw new PartError('by', by, `expected one of ${ORDERS.join(', ')}`)
  if (typeof per !== 'string' || per === '')
    throw new PartError('per', per, 'expected repository, or the name of a group of the pattern in tag')
  const unit = per === 'repository' ? per : { group: per }
  return { newest: Number(newest), by: order, per: unit }
}

/** A kind, or a list of them. */
const Kinds = (description: string) =>
  field(
    description,
    (raw): ArtifactKind[] => {
      const names: unknown[] = Array.isArray(raw) ? raw : [raw]
      const kinds = names.map((name) => ARTIFACT_KINDS.find((kind) => kind === name))
      if (kinds.length > 0 && !kinds.includes(undefined)) return kinds.filter((kind) => kind !== undefined)
      throw new RangeError(`expected one or several of ${ARTIFACT_KINDS.join(', ')}`)
    },
    { written: written.oneOrMany(written.choice(ARTIFACT_KINDS)) },
  )

/** Names and wildcards. */
export const Texts = (description: string) =>
  field(
    description,
    (raw): Record<string, string> => {
      const texts = isMapping(raw) ? Object.entries(raw) : []
      if (texts.length === 0 || texts.some(([, value]) => typeof value !== 'string'))
        throw new RangeError("expected names with wildcards for their values, such as { team: 'payments' }")
      return Object.fromEntries(texts.map(([name, value]) => [name, String(value)]))
    },
    { written: written.texts },
  )

const Yes = (description: string) =>
  field(
    description,
    (raw): true => {
      if (raw === true) return raw
      throw new RangeError('expected true')
    },
    { written: { const: true } },
  )

/** What rules and tiers are about. */
export const selectionKeys = {
  tag: Type.Optional(
    Tags('Which tags: a glob, or { pattern: … }, an RE2 pattern that the whole tag must match.'),
  ),
  tagged: Type.Optional(Flag('Whether the image has tags. Default: either.')),
  only: Type.Optional(
    Type.Object(
      { tag: Tags('Which tags: a glob, or { pattern: … }.') },
      { description: 'Every tag of the image matches.', additionalProperties: false },
    ),
  ),
  olderThan: Type.Optional(Duration('The image was pushed longer ago than this.')),
  trust: Type.Optional(
    Type.Array(Choice('A source.', ['event', 'registry', 'storage', 'image']), {
      description: 'The sources of ages that are believed (docs/usage.md, Ages). Default: all.',
      minItems: 1,
    }),
  ),
  notUsedFor: Type.Optional(Duration('The image was not used for this long.')),
  kind: Type.Optional(Kinds('What it is: a kind, or a list of kinds (docs/expiry.md, Kinds).')),
  mediaType: Type.Optional(NonEmpty('A wildcard for the media type of the manifest.')),
  artifactType: Type.Optional(
    NonEmpty('A wildcard for the artifact type, or, without one, the media type of the config.'),
  ),
  largerThan: Type.Optional(Size('The image with all its parts has more bytes.')),
  smallerThan: Type.Optional(Size('The image with all its parts has fewer bytes.')),
  label: Type.Optional(Texts('Labels of its config: names and wildcards for their values.')),
  annotation: Type.Optional(Texts('Annotations of its manifest: names and wildcards for their values.')),
  pushedBy: Type.Optional(NonEmpty('A wildcard for the login name that pushed the tag last.')),
}

const ruleFields = section(
  'A rule: it keeps or expires what meets every condition that is given.',
  {
    name: Type.Optional(NonEmpty('The name in plans. Default: what it does, such as expire pr-*.')),
    ...selectionKeys,
    keep: Type.Optional(Keep('true, or which of the newest are kept: { newest, by, per }.')),
    expire: Type.Optional(Yes('true: what meets the conditions expires, unless a rule keeps it.')),
  },
  { oneOf: [{ required: ['keep'] }, { required: ['expire'] }], dependencies: { trust: ['olderThan'] } },
)

/** What is wrong with a rule as it is written; `undefined` if nothing is. */
function problemOf(rule: Record<string, unknown>): string | undefined {
  const { keep, expire, name: _, trust: __, ...conditions } = rule
  if (keep !== undefined && expire !== undefined) return 'expected keep or expire, not both'
  if (keep === undefined && expire === undefined) return 'expected keep, or expire: true'
  if (expire !== undefined && Object.keys(conditions).length === 0)
    return 'expected at least one condition beside expire, such as tag or olderThan'
  const problem = problemOfSelection(rule)
  if (problem !== undefined) return problem
  if (!isMapping(keep)) return undefined
  if (keep.by === 'semver' && rule.tag === undefined) return 'expected a tag: by: semver compares tags'
  const { per = 'repository' } = keep
  if (per === 'repository' || groupsOf(rule.tag).includes(String(per))) return undefined
  return `expected in per: repository, or a group of the pattern in tag, (?P<${per}>…)`
}

/** What is wrong with the conditions of a rule or a tier as they are written. */
export function problemOfSelection({ tagged, tag, only, trust, olderThan }: Record<string, unknown>) {
  if (tagged === false && (tag !== undefined || only !== undefined))
    return 'expected no tag and no only: an image without tags has none'
  if (trust !== undefined && olderThan === undefined) return 'expected olderThan: trust is about ages'
  return undefined
}

function groupsOf(tag: unknown): string[] {
  try {
    return isMapping(tag) ? Object.keys(RE2JS.compile(String(tag.pattern)).namedGroups()) : []
  } catch {
    return [] // It is reported where it stands.
  }
}

export const expiryRule = Type.Refine(
  ruleFields,
  (rule) => problemOf(rule) === undefined,
  (rule) => problemOf(rule as Record<string, unknown>) ?? '',
)
