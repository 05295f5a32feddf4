import { Type } from 'typebox'
import { DIALECT_NAMES } from '../expiry/dialects/dialects.ts'
import { Choice, Duration, Fraction, Glob, Integer, Name, NonEmpty, RegistryName } from './fields.ts'
import { Cron, TimeZone } from './schedule-fields.ts'
import { list, section } from './sections.ts'

export const expiryRule = Type.Refine(
  section('A rule: an image expires if every condition that is given holds.', {
    tag: Glob('A glob for the tag.', 'tag'),
    olderThan: Type.Optional(Duration('The image was pushed longer ago than this.')),
    notPulledFor: Type.Optional(Duration('The image was not pulled for this long.')),
    keepNewest: Type.Optional(
      Integer('The image is not among the newest N of its repository that match.', 0, 100_000),
    ),
  }),
  (rule) => (rule.olderThan ?? rule.notPulledFor ?? rule.keepNewest) !== undefined,
  () => 'expected at least one of olderThan, notPulledFor and keepNewest',
)

const expiryPolicyFields = Type.Refine(
  section('A policy: what expires in some repositories.', {
    name: Name('The name in plans and in the API.'),
    registry: RegistryName('The registry that it cleans.'),
    repository: Glob('A glob for the repository.', 'repository', { default: '**' }),
    mode: Choice('Whether it only plans, or also deletes.', ['plan', 'apply'], { default: 'plan' }),
    schedule: Cron('When it runs.', { default: '0 * * * *' }),
    timeZone: TimeZone('The time zone of the schedule.', { default: 'UTC' }),
    rules: Type.Optional(Type.Array(expiryRule, { description: 'The rules.', minItems: 1 })),
    dialect: Type.Optional(
      Choice('The system whose policy it is, in place of rules (docs/dialects.md).', DIALECT_NAMES),
    ),
    document: Type.Optional(
      Type.Unknown({ description: 'The policy, as the API of its system returns it.' }),
    ),
    documentFile: Type.Optional(NonEmpty('A file with the document, JSON or YAML.')),
  }),
  ({ rules, dialect, document }) =>
    dialect === undefined
      ? rules !== undefined && document === undefined
      : rules === undefined && document !== undefined,
  () => 'expected rules, or dialect with document or documentFile',
)

export const expiryPolicy = Type.Decode(
  expiryPolicyFields,
  ({ rules = [], dialect, document, documentFile: _, ...scope }) =>
    dialect === undefined ? { ...scope, rules } : { ...scope, dialect, document },
)

export const expiry = section(
  'Expiry.',
  {
    maxShare: Fraction(
      "The share of a project's images that a run may delete. Beyond it, it deletes nothing there and tells chat.",
      { default: '30%' },
    ),
    deletesPerSecond: Type.Optional(
      Integer('How many deletes a second begin at each registry. Default: no limit.', 1, 10_000),
    ),
    policies: list('The policies.', expiryPolicy),
    trash: section('The manifests of deleted images, from which they can be brought back.', {
      keep: Duration('How long they are kept.', { default: '30d' }),
    }),
  },
  { movedKeys: { dryRun: 'mode: plan or apply, in each policy', every: 'schedule: a cron, in each policy' } },
)
