import { type TProperties, type TSchema, type TSchemaOptions, Type } from 'typebox'
import {
  Duration,
  Filled,
  Flag,
  Fraction,
  Glob,
  Integer,
  Name,
  ProjectPattern,
  RegistryName,
  Secret,
  SecretUrl,
  Size,
  string,
  Template,
  Text,
  Url,
} from './fields.ts'

/** A mapping; keys other than its own are errors. */
export const section = <P extends TProperties>(description: string, properties: P) =>
  Type.Object(properties, { description, additionalProperties: false, default: {} })

export const list = <T extends TSchema>(description: string, items: T, options?: TSchemaOptions) =>
  Type.Array(items, { description, default: [], ...options })

export const token = string('a string of at least 16 characters', (raw) => raw.length >= 16)
const signingKey = string('whsec_ followed by base64', (raw) => /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(raw))

export const projectRule = Type.Union(
  [
    section('By depth.', {
      segments: Integer('How many leading path segments of a repository name its project.', 1, 16),
    }),
    section('By pattern.', {
      pattern: ProjectPattern('RE2 pattern over the repository whose group `project` is its project.'),
    }),
  ],
  { description: 'How a repository gives its project.', default: { segments: 2 } },
)

const folderStore = section('A folder.', {
  type: Type.Literal('folder'),
  path: Type.Optional(Filled('The folder; absent: `store` in the data folder.')),
})

const s3Store = Type.Refine(
  section('A bucket on S3 or what speaks its protocol.', {
    type: Type.Literal('s3'),
    endpoint: Type.Optional(Url('The server, unless it is AWS.', 'any')),
    region: Filled('The region.', { default: 'us-east-1' }),
    bucket: Filled('The bucket, which must exist.'),
    prefix: Text('What every key begins with.', { default: '' }),
    accessKeyId: Type.Optional(Secret("Absent: the AWS SDK's own chain of credentials.")),
    secretAccessKey: Type.Optional(Secret('The secret of that key.')),
    forcePathStyle: Flag('Bucket in the path, not in the host name.', { default: true }),
  }),
  (value) => (value.accessKeyId === undefined) === (value.secretAccessKey === undefined),
  () => 'expected both accessKeyId and secretAccessKey, or neither',
)

const registryStorage = Type.Union(
  [
    section('A folder.', {
      type: Type.Literal('folder'),
      path: Filled("Its storage driver's rootdirectory."),
    }),
    s3Store,
  ],
  { description: "The registry's own storage, which is only read: shows what its API does not." },
)

export const registry = Type.Refine(
  section('A registry: a source of notifications, a target of promotions, or both.', {
    url: Url('Where its API answers.', 'origin'),
    token: Type.Optional(
      Secret('The bearer token of its notifications; without it, it may send none.', token, { unique: true }),
    ),
    username: Type.Optional(Filled('User for its API; absent: ~/.docker/config.json is asked.')),
    password: Type.Optional(Secret("That user's password.")),
    project: projectRule,
    storage: Type.Optional(registryStorage),
  }),
  (value) => (value.username === undefined) === (value.password === undefined),
  () => 'expected both username and password, or neither',
)

export const quota = section('A soft quota; of several that match, the first holds.', {
  project: Glob('Glob over `registry/path`.'),
  limit: Size('Unique bytes that each matching project may hold.'),
  warnAt: Fraction('The share of the limit from which a project is warned.', { default: '80%' }),
})

const channelKeys = {
  name: Name('How messages and metrics call it.'),
  projects: list('Globs over `registry/path`: whose alerts go here.', Glob('A glob.'), { default: ['**'] }),
}

export const channel = Type.Union(
  [
    section('A chat that takes Slack messages: Slack, Mattermost, Discord under /slack.', {
      type: Type.Literal('slack'),
      url: SecretUrl("The chat's incoming webhook."),
      ...channelKeys,
    }),
    section('Any receiver of Standard Webhooks.', {
      type: Type.Literal('webhook'),
      url: SecretUrl('Where alerts are posted.'),
      secret: Secret('The key that signs them.', signingKey),
      ...channelKeys,
    }),
  ],
  { description: 'Where alerts go.' },
)

export const promotionRule = section('Every push that matches `from` is copied to `to`.', {
  name: Name('How receipts call it.'),
  from: section('What is promoted.', {
    registry: RegistryName('The source.'),
    repository: Glob('Glob over the repository.'),
    tag: Glob('Glob over the tag.'),
  }),
  to: section('What it becomes.', {
    registry: RegistryName('The target.'),
    repository: Template('The repository there.', { default: '{repository}' }),
    tag: Template('The tag there.', { default: '{tag}' }),
  }),
})

export const expiryRule = Type.Refine(
  section('An image expires when every condition given here holds.', {
    tag: Glob('Glob over the tag.'),
    olderThan: Type.Optional(Duration('Pushed longer ago than this.')),
    notPulledFor: Type.Optional(Duration('Not pulled for this long.')),
    keepNewest: Type.Optional(Integer('Not among this many newest that match, per repository.', 0, 100_000)),
  }),
  (rule) => (rule.olderThan ?? rule.notPulledFor ?? rule.keepNewest) !== undefined,
  () => 'expected at least one of olderThan, notPulledFor and keepNewest',
)

export const expiryPolicy = section('What expires in some repositories.', {
  name: Name('How plans and the API call it.'),
  registry: RegistryName('The registry it cleans.'),
  repository: Glob('Glob over the repository.', { default: '**' }),
  rules: list('The rules.', expiryRule),
})

export const scanners = section('Who pulls images to look into them, which is no use of them.', {
  userAgents: list('Wildcards over user agents: * is any text.', Filled('A wildcard.')),
  actors: list('Wildcards over the names that they log in with.', Filled('A wildcard.')),
})

export const store = Type.Union([folderStore, s3Store], {
  description: 'Where snapshots, trash and receipts are kept.',
  default: { type: 'folder' },
})
