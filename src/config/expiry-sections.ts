import { Type } from 'typebox'
import { DIALECT_NAMES } from '../expiry/dialects/dialects.ts'
import { expiryRule } from './expiry-rule.ts'
import { Choice, Duration, Fraction, Glob, Name, NonEmpty, RegistryName } from './fields.ts'
import { Cron, TimeZone } from './schedule-fields.ts'
import { list, section } from './sections.ts'

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
    policies: list('The policies.', expiryPolicy),
    trash: section('The manifests of deleted images, from which they can be brought back.', {
      keep: Duration('How long they are kept.', { default: '30d' }),
    }),
  },
  { movedKeys: { dryRun: 'mode: plan or apply, in each policy', every: 'schedule: a cron, in each policy' } },
)
