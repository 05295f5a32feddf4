import { Type } from 'typebox'
import { DIALECT_NAMES } from '../expiry/dialects/dialects.ts'
import {
  Choice,
  Digest,
  Duration,
  Flag,
  Fraction,
  Glob,
  Integer,
  Name,
  NonEmpty,
  Pattern,
  RegistryName,
} from './fields.ts'
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
    notice: Type.Optional(
      Duration('How long before it is deleted an image is announced to chat. Default: it is not.'),
    ),
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

export const expiry = section('Expiry.', {
  dryRun: Flag('Whether to plan and report only, and delete nothing.', { default: true }),
  every: Duration('How often the policies run; a new one for the first time after this.', {
    default: '1h',
  }),
  maxShare: Fraction(
    "The share of a project's images that a run may delete. Beyond it, it deletes nothing there and tells chat.",
    { default: '30%' },
  ),
  policies: list('The policies.', expiryPolicy),
  protect: section('Images that never expire, whatever a policy says, at every registry.', {
    tags: list('Globs for tags.', Glob('A glob for the tag.', 'tag')),
    repositories: list('Globs for repositories.', Glob('A glob for the repository.', 'repository')),
    digests: list('Digests.', Digest('A digest.')),
    labels: list(
      'Labels.',
      Pattern('A label, as a key or as key=value.', 'a label: key or key=value', /^[^=\s]+(=.*)?$/),
    ),
  }),
  gc: section('When registries collect their garbage: until then an image can be brought back.', {
    schedule: Type.Optional(Cron('When they collect it. Default: not known.')),
    timeZone: TimeZone('The time zone of the schedule.', { default: 'UTC' }),
    after: Type.Optional(
      Duration(
        'How long after a delete the content goes, if a registry collects all the time. Default: not known.',
      ),
    ),
  }),
  trash: section('The manifests of deleted images, from which they can be brought back.', {
    keep: Duration('How long they are kept.', { default: '30d' }),
  }),
})
