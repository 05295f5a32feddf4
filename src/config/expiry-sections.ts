import { Type } from 'typebox'
import { DIALECT_NAMES } from '../expiry/dialects/dialects.ts'
import { evict } from './expiry-evict.ts'
import { expiryRule } from './expiry-rule.ts'
import { Choice, Digest, Flag, Glob, Name, NonEmpty, Pattern, RegistryName } from './fields.ts'
import { Duration, Fraction, Integer } from './quantity-fields.ts'
import { Cron, TimeZone } from './schedule-fields.ts'
import { list, section } from './sections.ts'
import { SecretUrl } from './url-fields.ts'
import { written } from './written.ts'

const expiryPolicyFields = Type.Refine(
  section(
    'A policy: what expires in some repositories.',
    {
      name: Name('The name in plans and in the API.'),
      match: Type.Object(
        {
          registry: Glob('A glob for the names of the registries that it cleans.', 'registry'),
          project: Glob('A glob for projects, registry/path.', 'project', { default: '**' }),
          repository: Glob('A glob for the repository.', 'repository', { default: '**' }),
        },
        { description: 'What it is about.', additionalProperties: false, example: 'match: { registry: ci }' },
      ),
      mode: Choice('Whether it only plans, or also deletes.', ['plan', 'apply'], { default: 'plan' }),
      schedule: Cron('When it runs.', { default: '0 * * * *' }),
      timeZone: TimeZone('The time zone of the schedule.', { default: 'UTC' }),
      notice: Type.Optional(
        Duration('How long before it is deleted an image is announced to chat. Default: it is not.'),
      ),
      rules: Type.Optional(Type.Array(expiryRule, { description: 'The rules.', minItems: 1 })),
      evict: Type.Optional(evict),
      dialect: Type.Optional(
        Choice('The system whose policy it is, in place of rules (docs/dialects.md).', DIALECT_NAMES),
      ),
      document: Type.Optional(
        Type.Unknown({ description: 'The policy, as the API of its system returns it.' }),
      ),
      documentFile: Type.Optional(NonEmpty('A file with the document, JSON or YAML.')),
    },
    {
      ...written.anyKeyOf(['rules', 'evict', 'dialect']),
      dependencies: {
        dialect: {
          ...written.anyKeyOf(['document', 'documentFile']),
          properties: { rules: false, evict: false },
        },
        document: ['dialect'],
        documentFile: { required: ['dialect'], properties: { document: false } },
      },
    },
  ),
  ({ rules, evict, dialect, document }) =>
    dialect === undefined
      ? (rules ?? evict) !== undefined && document === undefined
      : (rules ?? evict) === undefined && document !== undefined,
  () => 'expected rules, evict or both; or dialect with document or documentFile',
)

export const expiryPolicy = Type.Decode(
  expiryPolicyFields,
  ({ rules = [], evict, dialect, document, documentFile: _, ...scope }) =>
    dialect === undefined ? { ...scope, rules, evict } : { ...scope, dialect, document },
)

const kubernetes = Type.Object(
  {
    kubeconfig: Type.Optional(
      NonEmpty('A kubeconfig. Default: KUBECONFIG, ~/.kube/config, or the service account of the pod.'),
    ),
    context: Type.Optional(NonEmpty('A context of the kubeconfig. Default: its current one.')),
    namespaces: Type.Optional(
      Type.Array(NonEmpty('A namespace.'), { description: 'The namespaces. Default: all.', minItems: 1 }),
    ),
  },
  { description: 'A cluster: its pods and what makes pods.', additionalProperties: false },
)

const inUseSource = Type.Refine(
  section('A list of images in use. Expiry keeps them.', {
    name: Name('The name in reasons and alerts.'),
    registries: Type.Optional(
      Type.Array(RegistryName('A registry.'), {
        description: 'The registries whose images it names. Default: all.',
        minItems: 1,
      }),
    ),
    mayBeEmpty: Flag('Whether it may name no image. Otherwise nothing is deleted then.', { default: false }),
    url: Type.Optional(SecretUrl('A URL whose answer names images.')),
    file: Type.Optional(NonEmpty('A file that names images.')),
    command: Type.Optional(
      Type.Array(NonEmpty('The program, or an argument.'), {
        description: 'A program with its arguments that prints names of images. It is run without a shell.',
        minItems: 1,
      }),
    ),
    folder: Type.Optional(NonEmpty('A folder of Kubernetes manifests.')),
    kubernetes: Type.Optional(kubernetes),
  }),
  ({ url, file, command, folder, kubernetes }) =>
    [url, file, command, folder, kubernetes].filter((one) => one !== undefined).length === 1,
  () => 'expected one of url, file, command, folder and kubernetes',
)

export const expiry = section('Expiry.', {
  maxShare: Fraction(
    "The share of a project's images that a run may delete. Beyond it, it deletes nothing there and tells chat.",
    { default: '30%' },
  ),
  deletesPerSecond: Type.Optional(
    Integer('How many deletes a second begin at each registry. Default: no limit.', 1, 10_000),
  ),
  policies: list('The policies.', expiryPolicy),
  protect: section('Images that never expire, whatever a policy says, at every registry.', {
    tags: list('Globs for tags.', Glob('A glob for the tag.', 'tag')),
    repositories: list(
      'Globs for repositories.',
      Glob('A glob for the repository.', 'repository', { withoutRegistry: true }),
    ),
    digests: list('Digests.', Digest('A digest.')),
    labels: list(
      'Labels.',
      Pattern(
        'A label, as a key or as key=value.',
        'a label: key or key=value, without *. A key alone means any value',
        /^[^=\s*]+(=[^*]*)?$/,
      ),
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
  inUse: list('What names images in use. If one of these cannot be read, nothing is deleted.', inUseSource),
  trash: section('The manifests of deleted images, from which they can be brought back.', {
    keep: Duration('How long they are kept: a day or longer.', { default: '30d' }, '1d'),
  }),
})
