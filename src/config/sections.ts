import { type TSchema, type TSchemaOptions, Type } from 'typebox'
import { HOST } from '../registry/image-reference.ts'
import { azureStorage, gcsStorage, ossStorage } from './cloud-storage-sections.ts'
import {
  Choice,
  Flag,
  headerSecret,
  NonEmpty,
  Pattern,
  Pem,
  Repository,
  Secret,
  string,
  Text,
  unique,
} from './fields.ts'
import { gc } from './gc-section.ts'
import { blobChecks, scrub } from './integrity-sections.ts'
import { registryMetrics } from './metrics-section.ts'
import { ProjectPattern } from './pattern-fields.ts'
import { hasCertificates, isKeyOf, isPrivateKey } from './pem.ts'
import { Integer, Price } from './quantity-fields.ts'
import { section } from './section.ts'
import { swiftStorage } from './swift-section.ts'
import { RegistryUrl, SecretUrl, Url } from './url-fields.ts'
import { written } from './written.ts'

export { section }

export const list = <T extends TSchema>(description: string, items: T, options?: TSchemaOptions) =>
  Type.Array(items, { description, default: [], ...options })

export const token = headerSecret(16)
export const projectRule = Type.Union(
  [
    section('By depth: the leading segments of the repository.', {
      segments: Integer('The number of leading segments that name the project.', 1, 16),
    }),
    section('By pattern: a group of it names the project.', {
      pattern: ProjectPattern('An RE2 pattern for the repository; its group `project` names the project.'),
    }),
  ],
  { description: 'Which project a repository belongs to.', default: { segments: 2 } },
)

const folderStore = section('A folder.', {
  type: Type.Literal('folder'),
  path: Type.Optional(NonEmpty('The folder. Default: `store` in the data folder.')),
})

const s3Store = Type.Refine(
  section('A bucket on S3 or on a server with its protocol.', {
    type: Type.Literal('s3'),
    endpoint: Type.Optional(Url('The URL of the server. Default: AWS.')),
    region: NonEmpty('The region.', { default: 'us-east-1' }),
    bucket: NonEmpty('The bucket. It must exist.'),
    prefix: Text('The beginning of every key.', { default: '' }),
    accessKeyId: Type.Optional(
      Secret('The access key. Default: the AWS SDK looks for credentials in its usual places.'),
    ),
    secretAccessKey: Type.Optional(Secret('The secret of the access key.')),
    forcePathStyle: Flag('Whether URLs have the bucket in the path, not in the host name.', {
      default: true,
    }),
  }),
  (value) => (value.accessKeyId === undefined) === (value.secretAccessKey === undefined),
  () => 'expected both accessKeyId and secretAccessKey, or neither',
)

const registryStorage = Type.Union(
  [
    section('A folder.', {
      type: Type.Literal('folder'),
      path: NonEmpty("The rootdirectory of the registry's storage driver."),
    }),
    s3Store,
    swiftStorage,
    azureStorage,
    gcsStorage,
    ossStorage,
  ],
  {
    description:
      "The registry's own storage. It shows what the API does not. It is only read, unless there is a `gc.barrier`: then what is collected is moved and deleted there.",
  },
)

const repositories = Type.Optional(
  Type.Refine(
    Type.Object(
      {
        names: list('Their names.', Repository('A repository.')),
        file: Type.Optional(NonEmpty('A file with a name in each line. It is read at each reconcile.')),
        command: Type.Optional(
          Type.Array(NonEmpty('The program, or an argument.'), {
            description:
              'A program with its arguments that prints a name in each line. It is run at each reconcile, without a shell.',
            minItems: 1,
          }),
        ),
      },
      {
        description: 'Its repositories, if its catalog cannot be read. Default: its catalog.',
        written: written.anyKeyOf(['names', 'file', 'command']),
        additionalProperties: false,
      },
    ),
    // It is asked before defaults are filled in.
    ({ names, file, command }) => Boolean(names?.length) || file !== undefined || command !== undefined,
    () => 'expected at least one of names, file and command',
  ),
)

const gitlab = Type.Optional(
  Type.Refine(
    Type.Object(
      {
        url: Url("The URL of GitLab's own API and pages."),
        token: Secret('An access token with the scope read_api, for each of the groups.', headerSecret(1)),
        groups: list(
          'The groups whose repositories are read, with those of the groups in them.',
          NonEmpty('The path of a group.'),
          { written: { minItems: 1 } },
        ),
        topic: Type.Optional(
          NonEmpty(
            'A topic that its projects have while they are over their quota. The token then needs api.',
          ),
        ),
      },
      {
        description: 'The GitLab that it belongs to: its API lists the repositories.',
        additionalProperties: false,
      },
    ),
    // It is asked before defaults are filled in.
    ({ groups }) => Array.isArray(groups) && groups.length > 0,
    () => 'expected at least one group in groups',
  ),
)

const certificates = string('certificates in PEM, -----BEGIN CERTIFICATE-----', hasCertificates)
const privateKey = string('a private key in PEM without a password', isPrivateKey)

const registryFields = Type.Refine(
  section('A registry: it sends notifications, is a target of promotions, or both.', {
    url: RegistryUrl('The URL of its API, without /v2.', unique('urls')),
    type: Choice(
      'Whether it holds what is pushed to it, or is a pull-through cache of another registry.',
      ['registry', 'cache'],
      {
        default: 'registry',
      },
    ),
    hosts: list(
      'Other hosts under which clients know it, such as registry.internal:5000.',
      Pattern('A host, perhaps with a port.', 'a host such as registry.internal:5000, without http://', HOST),
    ),
    token: Type.Optional(
      Secret('The bearer token of its notifications. Without one, it cannot send any.', token, {
        ...unique('tokens'),
        written: written.token,
      }),
    ),
    username: Type.Optional(NonEmpty('The user for its API. Default: the login in ~/.docker/config.json.')),
    password: Type.Optional(Secret('The password of the user.')),
    ca: Type.Optional(Pem('Certificates of CAs to trust beside those that Node trusts.', certificates)),
    cert: Type.Optional(Pem('The client certificate to show to it.', certificates)),
    key: Type.Optional(Pem('The private key of the client certificate.', privateKey)),
    insecure: Flag('Whether any certificate of it is accepted, also one of a stranger. For trials only.', {
      default: false,
    }),
    requestsPerSecond: Type.Optional(
      Integer(
        'How many requests a process may send to its host in a second. Default: as many as it wants.',
        1,
        10_000,
      ),
    ),
    pulls: Choice(
      'Whether every use of its images is a pull at it, or caches and proxies hide some. With `partial`, time since last use alone expires nothing.',
      ['partial', 'complete'],
      { default: 'partial' },
    ),
    project: projectRule,
    renames: Flag('Whether its notifications of renames are followed. Only GitLab sends such.', {
      default: false,
    }),
    pricePerGiBMonth: Type.Optional(
      Price('What a GiB costs that is held for a month, in reports: a number, in a currency of your own.'),
    ),
    storage: Type.Optional(registryStorage),
    metrics: registryMetrics,
    sparse: Flag(
      'Whether its indexes may list images that it does not have, as long as it has one of them. Known of targets of promotion rules with `platforms` or `sparse: allow`.',
      { default: false },
    ),
    blobChecks,
    scrub,
    gc,
    repositories,
    gitlab,
  }),
  (value) => (value.username === undefined) === (value.password === undefined),
  () => 'expected both username and password, or neither',
)

const withWholePair = Type.Refine(
  registryFields,
  ({ cert, key }) => (cert === undefined) === (key === undefined),
  () => 'expected both certFile and keyFile, or neither',
)

const withItsKey = Type.Refine(
  withWholePair,
  ({ cert, key }) => isKeyOf(key, cert),
  () => 'expected in keyFile the key of the certificate in certFile',
)

export const registry = Type.Refine(
  withItsKey,
  ({ metrics, token }) => metrics === undefined || token !== undefined,
  () =>
    'expected token beside metrics: without one, the registry sends no notifications that metrics could be about',
)

export const proxy = Type.Optional(
  Type.Object(
    {
      url: SecretUrl('The URL of the proxy. It may hold a user and a password.'),
      except: list(
        'Hosts that are reached without it: each with its subdomains; with a port, only that; * for all.',
        NonEmpty('A host.'),
      ),
    },
    {
      description:
        'The proxy for requests to registries, GitLab, issuers and channels. Default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY.',
      additionalProperties: false,
    },
  ),
)

export const scanners = section('Clients that pull images only to inspect them. Their pulls are not use.', {
  userAgents: list('Wildcards for user agents: * is any text.', NonEmpty('A wildcard.')),
  actors: list('Wildcards for login names at the registry.', NonEmpty('A wildcard.')),
})

export const store = Type.Union([folderStore, s3Store], {
  description: 'Where snapshots, trash, receipts and other records are kept.',
  default: { type: 'folder' },
})
